package e2e_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/overlay"
)

// runKubectl gives what kubectl writes, of the version that the control plane has.
func runKubectl(t testing.TB, args ...string) []byte {
	t.Helper()
	var out, said bytes.Buffer
	cmd := exec.Command(kubectl, append([]string{"--kubeconfig", control.Kubeconfig}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
	return out.Bytes()
}

// TestOverlays applies the overlay of each sample cluster, as whoever does not use
// Helm does, and has `vapchart probe` ask whether the cluster does what the values
// of that cluster say. What kubectl makes of the folder is what was rendered.
func TestOverlays(t *testing.T) {
	w := &world{Clientset: admin(t)}
	for _, c := range []struct {
		name       string
		group      string
		namespaces []string // that are there, besides those of the overlay
	}{
		{"wikikube-eqiad", "wikikube", []string{"mw-cron", "mw-overlay", "svc-overlay"}},
		{"wikikube-codfw", "wikikube", []string{"mw-experimental", "istio-system"}},
		{"wikikube-staging", "wikikube", []string{"mw-overlay", "svc-overlay"}},
		{"dse-k8s-eqiad", "", []string{"airflow-overlay", "spark", "notebook-overlay"}},
		{"kapsule", "", []string{"monitoring", "svc-overlay"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join("..", "overlays", c.name)
			t.Cleanup(func() {
				runKubectl(t, "delete", "-R", "-f", filepath.Join(dir, overlay.RenderedDir, "policies"), "--ignore-not-found")
				w.settle(t)
			})
			if n := objectsOf(t, runKubectl(t, "kustomize", dir)); n < 50 {
				t.Fatalf("kubectl makes %d objects of the overlay", n)
			}
			runKubectl(t, "apply", "-k", dir)
			args := []string{"probe", "-C", "..", "--kubeconfig", control.Kubeconfig, "--wait", "60s"}
			for _, folder := range []string{"common", c.group, c.name} {
				if folder != "" {
					args = append(args, "--values", filepath.Join("..", "overlays", folder, "values.yaml"))
				}
			}
			for _, name := range c.namespaces {
				namespace(t, w, name, nil)
				args = append(args, "-n", name)
			}
			var out, said bytes.Buffer
			code := cli.Main(t.Context(), args, cli.Streams{Out: &out, Err: &said})
			if code != 0 || !strings.Contains(out.String(), " 0 not, 0 unknown") {
				t.Errorf("exit code %d\n%s%s", code, out.String(), said.String())
			}
		})
	}
}

func objectsOf(t *testing.T, text []byte) int {
	t.Helper()
	docs, err := manifest.Split("kubectl kustomize", text)
	if err != nil {
		t.Fatal(err)
	}
	return len(docs)
}
