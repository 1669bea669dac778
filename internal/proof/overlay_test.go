package proof_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
)

const overlaysFolder = "../../overlays"

// clusters gives the clusters of this repository.
func clusters(t *testing.T) []project.Cluster {
	t.Helper()
	data, err := os.ReadFile("../../vapchart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := project.Read("vapchart.yaml", data)
	if err != nil || len(plan.Clusters) != 5 {
		t.Fatalf("%d clusters, %v", len(plan.Clusters), err)
	}
	return plan.Clusters
}

// valuesFiles gives the values files of a cluster in the order of Helm's -f.
func valuesFiles(t *testing.T, c project.Cluster) []string {
	t.Helper()
	var files []string
	for _, folder := range []string{"common", c.Group, c.Name} {
		file := filepath.Join(overlaysFolder, folder, "values.yaml")
		if _, err := os.Stat(file); err == nil && folder != "" {
			files = append(files, file)
		}
	}
	return files
}

// TestOverlaysAreTheChart holds that whoever installs by Helm and whoever applies
// the overlay get the same objects, in every sample cluster: by this project's own
// code, and by helm, kustomize and kubectl where they are there. What an overlay
// has besides is labels of namespaces.
func TestOverlaysAreTheChart(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	for _, c := range clusters(t) {
		t.Run(c.Name, func(t *testing.T) {
			files := valuesFiles(t, c)
			values, err := chart.ReadValues(files)
			if err != nil {
				t.Fatal(err)
			}
			want, err := chart.Render(readChart(t), values, chart.Release{Name: chartName, Namespace: chartName, Kubernetes: c.Kubernetes})
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(overlaysFolder, c.Name)
			rendered, err := tree.Read(filepath.Join(dir, overlay.RenderedDir))
			if err != nil {
				t.Fatal(err)
			}
			own, ok, err := overlay.Read(dir)
			if err != nil || !ok {
				t.Fatalf("kustomization: there is one: %v, %v", ok, err)
			}
			if !own.Plain() {
				t.Error("the overlay of a sample cluster has patches; compare what is before them")
			}
			built, err := own.Build(rendered)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "kustomize's library", want.Objects, built)
			for name, command := range map[string][]string{
				"kustomize": {"kustomize", "build", dir}, "kubectl": {"kubectl", "kustomize", dir},
				"helm": append([]string{"helm", "template", chartName, chartFolder, "--namespace", chartName, "--kube-version", c.Kubernetes + ".0"}, given(files)...),
			} {
				if _, err := exec.LookPath(command[0]); err != nil {
					t.Logf("%s is not here", name)
					continue
				}
				same(t, name, want.Objects, run(t, command))
			}
		})
	}
}

func given(files []string) []string {
	var out []string
	for _, f := range files {
		out = append(out, "-f", f)
	}
	return out
}

// run gives the objects that a command writes.
func run(t *testing.T, command []string) []manifest.Document {
	t.Helper()
	var out, said bytes.Buffer
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, said.String())
	}
	docs, err := manifest.Split(command[0], out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// same holds that objects are those of the chart, but for namespaces.
func same(t *testing.T, by string, want, got []manifest.Document) {
	t.Helper()
	if len(want) < 50 {
		t.Fatalf("the chart gives %d objects only", len(want))
	}
	var compared []manifest.Document
	for _, doc := range got {
		if _, kind := doc.TypeMeta(); kind != "Namespace" {
			compared = append(compared, doc)
		}
	}
	changes, err := overlay.Compare(want, compared)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		t.Errorf("by %s: %+v", by, c)
	}
}
