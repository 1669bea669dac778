package overlay_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/tree"
)

// TestStart reads what an overlay begins with as the tools that get it: values
// without any effect, and a kustomization of the rendered objects.
func TestStart(t *testing.T) {
	files, err := overlay.StartCluster("a", "g")
	if err != nil {
		t.Fatal(err)
	}
	group, err := overlay.StartGroup("g")
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Merge(".", group); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := files.Create(dir); err != nil {
		t.Fatal(err)
	}
	values, err := chart.ReadValues([]string{filepath.Join(dir, "g", "values.yaml"), filepath.Join(dir, "a", "values.yaml")})
	if err != nil || len(values) > 0 {
		t.Errorf("values are %v, %v", values, err)
	}
	if ok, err := overlay.NamesRendered("k.yaml", files["a/kustomization.yaml"]); !ok || err != nil {
		t.Errorf("the kustomization names rendered: %v, %v", ok, err)
	}
}

// TestSampleKustomizations holds that those of the sample clusters begin as the
// tool would begin them.
func TestSampleKustomizations(t *testing.T) {
	text, err := os.ReadFile("../../vapchart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := config.Read("vapchart.yaml", text)
	if err != nil || len(plan.Clusters) < 5 {
		t.Fatal(plan.Clusters, err)
	}
	for _, c := range plan.Clusters {
		want, err := overlay.StartCluster(c.Name, c.Group)
		if err != nil {
			t.Fatal(err)
		}
		name := c.Name + "/kustomization.yaml"
		got, err := os.ReadFile(filepath.Join("../../overlays", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := tree.Diff("", tree.Tree{name: got}, tree.Tree{name: want[name]}); len(diff) > 0 {
			t.Errorf("%s", diff)
		}
	}
}

func TestNamesRendered(t *testing.T) {
	for text, want := range map[string]string{
		"resources: [rendered]\n":     "true",
		"resources:\n- ./rendered/\n": "true",
		"resources: [other]\n":        "false",
		"kind: Kustomization\n":       "false",
		"resources: rendered\n":       "read kustomization: k.yaml:1: resources is no list of names",
		"a: 1\na: 2\n":                `read kustomization: k.yaml:2: key "a" already set`,
		"# nothing\n":                 "read kustomization: k.yaml:1: the file is empty, want one YAML document",
	} {
		ok, err := overlay.NamesRendered("k.yaml", []byte(text))
		got := map[bool]string{true: "true", false: "false"}[ok]
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q gives %s, want %s", text, got, want)
		}
	}
}
