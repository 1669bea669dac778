package upstream

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
)

// class is what a YAML file of a selected folder holds.
type class struct {
	isPolicy bool
	names    []string // metadata.name of each of its policies
	instead  string   // what it holds if not a policy
}

// classify reads a file just as far as to say whether it holds policies. A file
// that is broken or empty is an error: it may be a policy cut short.
func classify(name string, data []byte) (class, error) {
	docs, err := manifest.Split(name, data)
	if err != nil {
		return class{}, err
	}
	if len(docs) == 0 {
		return class{}, &manifest.Error{File: name, Line: 1, Msg: "the file holds no YAML document"}
	}
	var c class
	var others []string
	for _, d := range docs {
		apiVersion, kind := d.TypeMeta()
		if !isPolicy(apiVersion, kind) {
			others = append(others, describe(apiVersion, kind))
			continue
		}
		n, err := policyName(d)
		if err != nil {
			return class{}, err
		}
		c.isPolicy = true
		c.names = append(c.names, n)
	}
	c.instead = strings.Join(slices.Compact(others), " and ") + ", not a Kyverno policy"
	return c, nil
}

// isPolicy takes more kinds than can be converted, and the usual ones in any
// API group: the reader then refuses them with a reason, at their line.
func isPolicy(apiVersion, kind string) bool {
	group, _, _ := strings.Cut(apiVersion, "/")
	return group == "kyverno.io" || group == "policies.kyverno.io" ||
		kind == "ClusterPolicy" || kind == "Policy" || kind == "ValidatingPolicy"
}

func describe(apiVersion, kind string) string {
	switch {
	case kind == "":
		return "a document without a kind"
	case apiVersion == "":
		return kind
	default:
		return fmt.Sprintf("%s of %s", kind, apiVersion)
	}
}

// policyName gives metadata.name, and finds on its way what a strict decoder
// does not let pass, such as a key given twice.
func policyName(d manifest.Document) (string, error) {
	var p struct {
		Metadata struct {
			Name string         `yaml:"name"`
			Rest map[string]any `yaml:",inline"`
		} `yaml:"metadata"`
		Rest map[string]any `yaml:",inline"`
	}
	if err := d.Decode(&p); err != nil {
		return "", err
	}
	return p.Metadata.Name, nil
}
