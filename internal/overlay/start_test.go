package overlay_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/project"
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
	own, ok, err := overlay.Read(filepath.Join(dir, "a"))
	if !ok || err != nil || !own.Plain() || !own.NamesRendered() {
		t.Errorf("the kustomization is not plain: %v, %v", ok, err)
	}
}

// TestSampleKustomizations holds that those of the sample clusters begin as the
// tool would begin them.
func TestSampleKustomizations(t *testing.T) {
	text, err := os.ReadFile("../../vapchart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := project.Read("vapchart.yaml", text)
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
	for text, want := range map[string]bool{
		"resources: [rendered]\n":              true,
		"resources:\n- ./rendered/\n- other\n": true,
		"resources: [other]\n":                 false,
		"kind: Kustomization\n":                false,
	} {
		dir := t.TempDir()
		if _, err := (tree.Tree{"kustomization.yml": []byte(text)}).Create(dir); err != nil {
			t.Fatal(err)
		}
		own, ok, err := overlay.Read(dir)
		if !ok || err != nil || own.NamesRendered() != want || filepath.Base(own.File()) != "kustomization.yml" {
			t.Errorf("%q gives %v of %s, %v, %v", text, own.NamesRendered(), own.File(), ok, err)
		}
	}
}
