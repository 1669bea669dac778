package chart

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/tree"
)

// Release says for which release the chart is rendered.
type Release struct {
	Name       string // of the release
	Namespace  string // of the release
	Kubernetes string // minor version of the cluster, such as "1.33"
	// Silent leaves the notes out, which a cluster's objects do not need.
	Silent bool
}

// notesFile is the template of what Helm tells after an install.
const notesFile = "NOTES.txt"

// Rendered is what a chart gives for one set of values.
type Rendered struct {
	Objects []manifest.Document // in the order of Helm's templates
	Notes   string
}

// Render renders the chart as `helm template` does. The cluster's version is
// always given: Helm's library else believes in Kubernetes 1.20, which the
// chart's kubeVersion refuses. Values may be nil for the chart's own.
func Render(t tree.Tree, values map[string]any, rel Release) (Rendered, error) {
	files, err := RenderFiles(t, values, rel)
	if err != nil {
		return Rendered{}, err
	}
	return Collect(files)
}

// RenderFiles is the first part of Render: the text that each template comes to, by
// the template's path. The same chart, values and release come to the same, unless
// a template reads the clock or throws dice.
func RenderFiles(t tree.Tree, values map[string]any, rel Release) (map[string]string, error) {
	c, err := load(t)
	if err != nil {
		return nil, err
	}
	if rel.Silent {
		c.Templates = slices.DeleteFunc(c.Templates, func(f *helmchart.File) bool { return path.Base(f.Name) == notesFile })
	}
	caps := chartutil.DefaultCapabilities.Copy()
	version, err := chartutil.ParseKubeVersion("v" + rel.Kubernetes + ".0")
	if err != nil {
		return nil, fmt.Errorf("render chart: kubernetes %q: %w", rel.Kubernetes, err)
	}
	caps.KubeVersion = *version
	if want := c.Metadata.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, caps.KubeVersion.Version) {
		return nil, fmt.Errorf("render chart: it needs kubernetes %s, the cluster has %s", want, rel.Kubernetes)
	}
	all, err := chartutil.ToRenderValues(c, values,
		chartutil.ReleaseOptions{Name: rel.Name, Namespace: rel.Namespace, Revision: 1, IsInstall: true}, caps)
	if err != nil {
		return nil, fmt.Errorf("render chart: %w", err)
	}
	files, err := engine.Engine{Strict: false}.Render(c, all)
	if err != nil {
		return nil, fmt.Errorf("render chart: %w", err)
	}
	return files, nil
}

// Collect is the second part of Render: the objects and the notes of rendered
// templates.
func Collect(files map[string]string) (Rendered, error) {
	var out Rendered
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Base(name) == notesFile {
			out.Notes = files[name]
			continue
		}
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		docs, err := manifest.Split(name, []byte(files[name]))
		if err != nil {
			return Rendered{}, fmt.Errorf("render chart: %w", err)
		}
		out.Objects = append(out.Objects, docs...)
	}
	return out, nil
}

func load(t tree.Tree) (*helmchart.Chart, error) {
	var files []*loader.BufferedFile
	for _, name := range t.Paths() {
		files = append(files, &loader.BufferedFile{Name: name, Data: t[name]})
	}
	c, err := loader.LoadFiles(files)
	if err != nil {
		return nil, fmt.Errorf("load chart: %w", err)
	}
	return c, nil
}
