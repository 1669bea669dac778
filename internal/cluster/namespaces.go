package cluster

import (
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/values"
)

// Namespaces makes the namespaces that values want labelled.
func Namespaces(v values.Values) []overlay.Namespace {
	var out []overlay.Namespace
	for name, labels := range v.NamespaceLabels() {
		out = append(out, overlay.Namespace{Name: name, Labels: labels})
	}
	return out
}
