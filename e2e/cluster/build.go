package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// Binaries is the folder of the binaries: those of the control plane, and kubectl.
type Binaries string

// Kubectl gives the path of kubectl.
func (b Binaries) Kubectl() string { return filepath.Join(string(b), "kubectl") }

const kubernetesModule = "k8s.io/kubernetes"

// Build gives the binaries of the module in a folder, which requires
// k8s.io/kubernetes and has etcd's main package in etcd/. They are built if the
// cache does not have them: some minutes, said to progress. Of several processes
// that want them at once, one builds and the others wait.
func Build(ctx context.Context, module string, progress io.Writer) (Binaries, error) {
	key, version, err := versions(ctx, module)
	if err != nil {
		return "", err
	}
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("make cache: %w", err)
	}
	unlock, err := lock(filepath.Join(cache, key+".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	dir := filepath.Join(cache, key)
	if _, err := os.Stat(dir); err == nil {
		return Binaries(dir), nil
	}
	_, _ = fmt.Fprintf(progress, "building etcd and Kubernetes %s into %s, once; this takes some minutes\n", version, dir)
	return Binaries(dir), compile(ctx, module, version, dir)
}

// CacheDir gives the folder that the binaries and the state of a cluster left
// running are kept in.
func CacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache: %w", err)
	}
	return filepath.Join(base, "vapchart", "e2e"), nil
}

// versions gives the name under which the binaries are kept, which tells all
// that they are made from, and the version of Kubernetes.
func versions(ctx context.Context, module string) (key, kubernetes string, err error) {
	compiler, err := output(exec.CommandContext(ctx, "go", "env", "GOVERSION"), module)
	if err != nil {
		return "", "", err
	}
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum", "deps.go", filepath.Join("etcd", "main.go")} {
		data, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", "", fmt.Errorf("read the control plane's module: %w", err)
		}
		sum.Write(data)
		if m := regexp.MustCompile(`(?m)^\s*` + kubernetesModule + ` (v\S+)$`).FindSubmatch(data); name == "go.mod" && m != nil {
			kubernetes = string(m[1])
		}
	}
	if kubernetes == "" {
		return "", "", fmt.Errorf("read the control plane's module: %s requires no %s", module, kubernetesModule)
	}
	return fmt.Sprintf("%s-%s-%s-%s-%.6x", kubernetes, compiler, runtime.GOOS, runtime.GOARCH, sum.Sum(nil)), kubernetes, nil
}

// compile builds into a folder beside the final one, so that what stands there
// is always whole. The version is stamped as Kubernetes' own build does it:
// without, the API server calls itself v0.0.0, which no chart accepts.
func compile(ctx context.Context, module, version, dir string) error {
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".build-")
	if err != nil {
		return fmt.Errorf("build the control plane: %w", err)
	}
	defer os.RemoveAll(temp) //nolint:errcheck // it is gone when all went well
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	const stamp = " -X k8s.io/component-base/version."
	flags := "-s -w" + stamp + "gitVersion=" + version + stamp + "gitMajor=" + parts[0] + stamp + "gitMinor=" + parts[1]
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", temp+string(filepath.Separator),
		"./etcd", kubernetesModule+"/cmd/kube-apiserver", kubernetesModule+"/cmd/kube-controller-manager", kubernetesModule+"/cmd/kubectl")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if _, err := output(cmd, module); err != nil {
		return err
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return fmt.Errorf("build the control plane: %w", err)
	}
	return os.Rename(temp, dir)
}

// output runs a command in a folder; an error holds what it said.
func output(cmd *exec.Cmd, dir string) (string, error) {
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("run %s: %w", strings.Join(cmd.Args[:2], " "), errors.Join(err, errors.New(said.String())))
	}
	return strings.TrimSpace(out.String()), nil
}
