package cli_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// TestSamplesBuildWithUpstream builds this repository's clusters with either of Kyverno's
// two formats, in which a rule has two names: their values name controls. In
// istio-system, which excludes hostPorts, a pod has the node's port, and in any other
// namespace not.
func TestSamplesBuildWithUpstream(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	if _, err := os.Stat(libraryPath); err != nil {
		t.Skip("the upstream library is not here:", err)
	}
	library, err := filepath.Abs(libraryPath)
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile("../../vapchart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for set, rule := range map[string]string{"pod-security-cel": "disallow-host-ports-none", "pod-security-vpol": "disallow-host-ports"} {
		t.Run(set, func(t *testing.T) {
			dir := t.TempDir()
			project := strings.Replace(string(own), "builtin: {}", "directory: {path: "+library+", ref: release-1.17}", 1)
			if err := os.WriteFile(filepath.Join(dir, "vapchart.yaml"), []byte(strings.ReplaceAll(project, "pod-security-cel/", set+"/")), 0o644); err != nil {
				t.Fatal(err)
			}
			copyValues(t, dir)
			for _, verb := range []string{"vendor", "build"} {
				if code := cli.Main(context.Background(), []string{verb, "-C", dir}, term.Streams{Out: io.Discard, Err: os.Stderr}); code != 0 {
					t.Fatalf("vapchart %s: exit code %d", verb, code)
				}
			}
			rendered := filepath.Join(dir, "overlays", "wikikube-eqiad", "rendered", "policies")
			for namespace, want := range map[string]bool{"istio-system": true, "istio-systems": false, "default": false} {
				if got := hostPortBy(t, rendered, namespace, rule); got != want {
					t.Errorf("a pod with the node's port in %s: %s admits it: %t", namespace, rule, got)
				}
			}
		})
	}
}

// copyValues copies what is by hand in this repository's overlays.
func copyValues(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"values.yaml", "kustomization.yaml"} {
		files, err := filepath.Glob(filepath.Join("../../overlays", "*", name))
		if err != nil || len(files) == 0 {
			t.Fatalf("%d files %s, %v", len(files), name, err)
		}
		for _, file := range files {
			to := filepath.Join(dir, "overlays", filepath.Base(filepath.Dir(file)))
			data, err := os.ReadFile(file)
			if err == nil {
				err = os.MkdirAll(to, 0o755)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(to, name), data, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// hostPortBy says whether a policy of the rendered ones lets a pod with a port of the
// node pass in a namespace.
func hostPortBy(t *testing.T, rendered, namespace, rule string) bool {
	t.Helper()
	files, err := tree.Read(rendered)
	if err != nil {
		t.Fatal(err)
	}
	var docs []manifest.Document
	for _, name := range files.Paths() {
		more, err := manifest.Split(name, files[name])
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, more...)
	}
	objs, err := admission.Load(docs)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := admission.NewJudge(objs, admission.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pod, err := manifest.One("pod.yaml", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: "+namespace+"}\n"+
		"spec: {containers: [{name: a, image: b, ports: [{containerPort: 443, hostPort: 443}]}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	object, err := admission.Decode(pod)
	if err != nil {
		t.Fatal(err)
	}
	review, err := judge.Review(context.Background(), admission.Request{Object: object.Unstructured, Namespace: namespace})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range review.Denials() {
		if d.Policy == rule {
			return false
		}
	}
	return true
}
