// Package overlay owns what is in the folder of a cluster under overlays/ beside
// what the chart makes: the files by hand that it begins with.
package overlay

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/render"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/templates"
)

// Names of files and folders in an overlay.
const (
	ValuesFile    = "values.yaml"        // by hand
	Kustomization = "kustomization.yaml" // by hand
	Rendered      = "rendered"           // generated
)

// start is what the templates see.
type start struct {
	Name  string // of the cluster; empty in a file of a group
	Group string // empty for a cluster of none
}

// StartCluster gives the files by hand that the overlay of a cluster begins with,
// below a folder of its name. Group may be empty.
func StartCluster(name, group string) (tree.Tree, error) {
	return fill(start{name, group}, map[string]string{
		path.Join(name, ValuesFile):    "values.yaml.tmpl",
		path.Join(name, Kustomization): "kustomization.yaml.tmpl",
	})
}

// StartGroup gives the file by hand that a group begins with, below a folder of
// its name.
func StartGroup(group string) (tree.Tree, error) {
	return fill(start{Group: group}, map[string]string{path.Join(group, ValuesFile): "group.yaml.tmpl"})
}

func fill(s start, files map[string]string) (tree.Tree, error) {
	out := tree.New()
	for file, template := range files {
		text, err := render.File(templates.Overlay, "overlay/"+template, s)
		if err != nil {
			return nil, err
		}
		if err := out.Add(file, text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// NamesRendered says whether a kustomization names the generated folder among its
// resources; without it, the cluster gets nothing. File is used in errors only.
func NamesRendered(file string, data []byte) (bool, error) {
	doc, err := manifest.One(file, data)
	if err != nil {
		return false, fmt.Errorf("read kustomization: %w", err)
	}
	text, err := doc.JSON()
	if err != nil {
		return false, fmt.Errorf("read kustomization: %w", err)
	}
	var k struct {
		Resources []string `json:"resources"`
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return false, fmt.Errorf("read kustomization: %w", doc.Errorf("resources is no list of names"))
	}
	return slices.ContainsFunc(k.Resources, func(r string) bool { return path.Clean(r) == Rendered }), nil
}
