// Package overlay owns the kustomize tree of a cluster: what is generated for it,
// what the operator's own kustomization makes of that, and how the two differ. It
// is the only package that knows kustomize, and it fetches nothing: all that a
// kustomization names has to be on the disk.
package overlay

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/templates"
)

// RenderedDir is the generated folder in that of a cluster.
const RenderedDir = "rendered"

// Namespace is a Namespace object that the cluster gets for its labels.
type Namespace struct {
	Name   string
	Labels map[string]string
}

// Rendered gives the generated folder: every object of the chart as it was
// rendered, each policy in one file with its bindings, the namespaces, and a
// kustomization.yaml that lists the files. The same input gives the same bytes.
func Rendered(objects []manifest.Document, namespaces []Namespace) (tree.Tree, error) {
	out, resources := tree.New(), []string{}
	texts := map[string]*bytes.Buffer{}
	for _, doc := range objects {
		name, err := fileOf(doc)
		if err != nil {
			return nil, err
		}
		if texts[name] == nil {
			texts[name] = &bytes.Buffer{}
			resources = append(resources, name)
		} else {
			texts[name].WriteString("---\n")
		}
		texts[name].Write(doc.Text())
	}
	for name, text := range texts {
		out[name] = text.Bytes()
	}
	slices.Sort(resources)
	if len(namespaces) > 0 {
		const name = namespacesFile
		sorted := slices.SortedFunc(slices.Values(namespaces), func(a, b Namespace) int { return cmp.Compare(a.Name, b.Name) })
		written, err := asYAML(sorted)
		if err != nil {
			return nil, err
		}
		text, err := fill(name, written)
		if err != nil {
			return nil, err
		}
		if err := out.Add(name, text); err != nil {
			return nil, fmt.Errorf("render overlay: %w", err)
		}
		resources = append([]string{name}, resources...) // before what judges in them
	}
	text, err := fill(kustomizationFile, resources)
	if err != nil {
		return nil, err
	}
	return out, out.Add(kustomizationFile, text)
}

// asYAML gives the namespaces with names and values of labels as YAML has them: `123`,
// `null` and `yes` are names of namespaces, but without quotes no texts. Keys of labels
// have a slash, so they are never read as anything else.
func asYAML(namespaces []Namespace) ([]Namespace, error) {
	known := map[string]string{} // few values stand on many namespaces
	scalar := func(text string) (string, error) {
		if known[text] == "" {
			encoded, err := manifest.Encode(text)
			if err != nil {
				return "", fmt.Errorf("render overlay: %w", err)
			}
			known[text] = strings.TrimSpace(string(encoded))
		}
		return known[text], nil
	}
	var out []Namespace
	for _, n := range namespaces {
		name, err := scalar(n.Name)
		if err != nil {
			return nil, err
		}
		labels := map[string]string{}
		for key, value := range n.Labels {
			if labels[key], err = scalar(value); err != nil {
				return nil, err
			}
		}
		out = append(out, Namespace{name, labels})
	}
	return out, nil
}

// Files of the generated folder that are not the chart's. Under its name kustomize
// looks first.
const (
	kustomizationFile = "kustomization.yaml"
	namespacesFile    = "namespaces.yaml"
)

// fileOf gives the file of an object: that of its policy, or one of its own.
func fileOf(doc manifest.Document) (string, error) {
	_, kind := doc.TypeMeta()
	name := doc.Scalar("metadata", "name")
	switch {
	case kind == "" || name == "":
		return "", fmt.Errorf("render overlay: %w", doc.Errorf("an object without kind or name"))
	case kind == "ValidatingAdmissionPolicy":
		return path.Join("policies", name+".yaml"), nil
	case kind == "ValidatingAdmissionPolicyBinding":
		return path.Join("policies", doc.Scalar("spec", "policyName")+".yaml"), nil
	default:
		return strings.ToLower(kind) + "-" + name + ".yaml", nil
	}
}

// fill fills in a template of the generated folder.
func fill(name string, data any) ([]byte, error) {
	return templates.File(templates.Overlay, path.Join("overlay", RenderedDir, name+".tmpl"), data)
}

// Namespaces gives those that a generated folder labels.
func Namespaces(rendered tree.Tree) ([]Namespace, error) {
	docs, err := manifest.Split(path.Join(RenderedDir, namespacesFile), rendered[namespacesFile])
	if err != nil {
		return nil, fmt.Errorf("read overlay: %w", err)
	}
	var out []Namespace
	for _, doc := range docs {
		var object struct{ Metadata Namespace }
		data, err := doc.JSON()
		if err == nil {
			err = json.Unmarshal(data, &object)
		}
		if err != nil {
			return nil, fmt.Errorf("read overlay: %w", err)
		}
		out = append(out, object.Metadata)
	}
	return out, nil
}

// Objects gives the objects of a generated folder.
func Objects(rendered tree.Tree) ([]manifest.Document, error) {
	var out []manifest.Document
	for _, name := range rendered.Paths() {
		if name == kustomizationFile || path.Ext(name) != ".yaml" {
			continue
		}
		docs, err := manifest.Split(path.Join(RenderedDir, name), rendered[name])
		if err != nil {
			return nil, fmt.Errorf("read overlay: %w", err)
		}
		out = append(out, docs...)
	}
	return out, nil
}
