package e2e_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/policies"
)

// built gives the folder of a chart that the tool makes from a project file,
// whose upstream and chart are given.
func built(t *testing.T, upstream string) string {
	t.Helper()
	dir := t.TempDir()
	text := "apiVersion: vapchart.dev/v1alpha1\nkind: Project\nchart: {name: " + chartName + ", version: 0.2.0}\n" + upstream
	if err := os.WriteFile(filepath.Join(dir, "vapchart.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"vendor", "build"} {
		var out bytes.Buffer
		if code := cli.Main(t.Context(), []string{verb, "-C", dir}, cli.Streams{Out: &out, Err: &out}); code != 0 {
			t.Fatalf("vapchart %s: exit %d: %s", verb, code, &out)
		}
	}
	return filepath.Join(dir, "charts", chartName)
}

// edited gives the chart of a version of the built-in library in which every
// policy was changed; edit gets the text of each and its place among them.
func edited(t *testing.T, edit func(text string, i int) string) string {
	t.Helper()
	dir, changed := t.TempDir(), 0
	err := fs.WalkDir(policies.FS, "pod-security-cel", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(policies.FS, name)
		if err != nil {
			return err
		}
		after := edit(string(text), changed)
		if after != string(text) {
			changed++
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, []byte(after), 0o644)
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "LICENSE"), []byte("as the tool itself\n"), 0o644)
	}
	if err != nil || changed < 15 {
		t.Fatalf("%d policies changed, %v", changed, err)
	}
	return built(t, "upstream: {directory: {path: "+dir+", ref: next}}\n")
}

// shared gives the chart of a version of the real library, in one of its two
// formats; it skips the test where the library is not beside the repository.
func shared(t *testing.T, version, format string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "shared", "upstream", "kyverno-policies", version))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the real library is not beside this repository: ", err)
	}
	return built(t, "upstream:\n  directory: {path: "+dir+", ref: "+version+"}\n  select: {baseline: ["+
		format+"/baseline], restricted: ["+format+"/restricted]}\n")
}
