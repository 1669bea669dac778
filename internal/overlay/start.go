package overlay

import (
	"path"
	"slices"

	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/templates"
)

// Names of the files by hand in the folder of a cluster.
const (
	ValuesFile    = "values.yaml"
	Kustomization = "kustomization.yaml"
)

// start is what the templates see.
type start struct {
	Name  string // of the cluster; empty in a file of a group
	Group string // empty for a cluster of none
}

// StartCluster gives the files by hand that the overlay of a cluster begins with,
// below a folder of its name. Group may be empty.
func StartCluster(name, group string) (tree.Tree, error) {
	return begin(start{name, group}, map[string]string{
		path.Join(name, ValuesFile):    "values.yaml.tmpl",
		path.Join(name, Kustomization): "kustomization.yaml.tmpl",
	})
}

// StartGroup gives the file by hand that a group begins with, below a folder of
// its name.
func StartGroup(group string) (tree.Tree, error) {
	return begin(start{Group: group}, map[string]string{path.Join(group, ValuesFile): "group.yaml.tmpl"})
}

func begin(s start, files map[string]string) (tree.Tree, error) {
	out := tree.New()
	for file, template := range files {
		text, err := templates.File(templates.Overlay, "overlay/"+template, s)
		if err != nil {
			return nil, err
		}
		if err := out.Add(file, text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// File gives the name of the kustomization that was read, as errors name it.
func (o Overlay) File() string { return o.file }

// NamesRendered says whether the kustomization names the generated folder among its
// resources; without it, the cluster gets nothing of the chart.
func (o Overlay) NamesRendered() bool {
	return slices.ContainsFunc(o.content.Resources, func(r string) bool { return path.Clean(r) == RenderedDir })
}
