package upstream

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
)

// clusterPolicy gives a small policy of that name.
func clusterPolicy(name string) string {
	return fmt.Sprintf(`apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: %s
spec:
  rules:
    - name: first
`, name)
}

// hub gives the package file of a policy file.
func hub(policy string) string {
	return fmt.Sprintf("name: a-policy\nversion: 1.0.0\ndigest: %s\n", sum([]byte(policy)))
}

// add puts a policy, its package file and its tests into a folder.
func add(t tree.Tree, dir, name string) {
	at := path.Join(dir, name)
	text := clusterPolicy(name)
	t[at+"/"+name+".yaml"] = []byte(text)
	t[at+"/artifacthub-pkg.yml"] = []byte(hub(text))
	t[at+"/.kyverno-test/kyverno-test.yaml"] = []byte("kind: Test\n")
	t[at+"/.chainsaw-test/deep/pod.yaml"] = []byte("kind: Pod\n")
}

// library gives a small policy library: two policies in base, one in strict,
// and what else lies around in one.
func library() tree.Tree {
	t := tree.Tree{
		"LICENSE":                     []byte("Do as you like.\n"),
		"README.md":                   []byte("A library.\n"),
		"base/kustomization.yaml":     []byte("resources: []\n"),
		"elsewhere/broken.yaml":       []byte("{"),
		"elsewhere/.github/work.yaml": []byte("on: push\n"),
	}
	add(t, "base", "no-root")
	add(t, "base", "no-ports")
	add(t, "strict", "no-caps")
	return t
}

// both selects the library's two good folders.
func both() project.Select {
	return project.Select{
		policy.Baseline:   {Paths: []string{"base"}},
		policy.Restricted: {Paths: []string{"strict"}},
	}
}

// taken is what both must bring.
func taken() []string {
	out := []string{"LICENSE"}
	for _, dir := range []string{"base/no-ports", "base/no-root", "strict/no-caps"} {
		out = append(out, dir+"/.chainsaw-test/deep/pod.yaml", dir+"/.kyverno-test/kyverno-test.yaml",
			dir+"/artifacthub-pkg.yml", dir+"/"+path.Base(dir)+".yaml")
	}
	return out
}

// onDisk writes a tree to a temporary folder.
func onDisk(t *testing.T, files tree.Tree) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// fetchDir fetches from a directory source.
func fetchDir(t *testing.T, files tree.Tree, sel project.Select) (Fetched, error) {
	t.Helper()
	src := project.Upstream{Directory: &project.Directory{Path: onDisk(t, files)}}
	return Fetch(t.Context(), src, sel, Options{})
}

// mustFetch fails the test if fetching does.
func mustFetch(t *testing.T, src project.Upstream, sel project.Select, opt Options) Fetched {
	t.Helper()
	f, err := Fetch(t.Context(), src, sel, opt)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// wantPaths fails the test if a tree does not hold just these paths.
func wantPaths(t *testing.T, got tree.Tree, want []string) {
	t.Helper()
	if !slices.Equal(got.Paths(), slices.Sorted(slices.Values(want))) {
		t.Errorf("the tree holds\n  %s\nwant\n  %s", strings.Join(got.Paths(), "\n  "), strings.Join(want, "\n  "))
	}
}

// wantError fails the test if err does not say all of the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", words)
	}
	text := err.Error() + "\nhint: " + policy.HintOf(err)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the error does not say %q:\n%s", w, text)
		}
	}
}

// wantNote fails the test if no note says all of the words.
func wantNote(t *testing.T, notes []string, words ...string) {
	t.Helper()
	for _, n := range notes {
		missing := slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(n, w) })
		if !missing {
			return
		}
	}
	t.Errorf("no note says %q, there are:\n  %s", words, strings.Join(notes, "\n  "))
}

// with gives a copy of a tree with some files set, or removed where empty.
func with(t tree.Tree, files map[string]string) tree.Tree {
	out := maps.Clone(t)
	for name, data := range files {
		if data == "" {
			delete(out, name)
			continue
		}
		out[name] = []byte(data)
	}
	return out
}
