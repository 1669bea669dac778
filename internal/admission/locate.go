package admission

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vapchart/vapchart/internal/manifest"
)

// place is where a field stands in a document.
type place struct {
	line  int  // 1-based line of the value; of its nearest parent where the field is not there
	exact bool // the field is there
	block bool // the value is a block of text, which begins on the line after
}

// locate finds a field by its path in the notation of the Kubernetes API, such
// as `spec.validations[2].expression`. A document that was not read from a file
// gives the zero place.
func locate(doc manifest.Document, path string) place {
	var root yaml.Node
	if err := doc.Decode(&root); err != nil || len(root.Content) == 0 {
		return place{line: doc.Line}
	}
	node := root.Content[0]
	at := place{line: doc.Line, exact: true}
	for _, step := range steps(path) {
		key, value := child(node, step)
		if value == nil {
			at.exact = false
			return at
		}
		node, at.line = value, value.Line
		if key != nil {
			at.line = key.Line
		}
	}
	at.block = node.Kind == yaml.ScalarNode && node.Style&yaml.LiteralStyle != 0
	return at
}

// child gives the value that a step of a path leads to, and its key if it has
// one; nil if there is none.
func child(node *yaml.Node, step string) (key, value *yaml.Node) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return nil, node.Content[i]
		}
	}
	if node.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i], node.Content[i+1]
			}
		}
	}
	return nil, nil
}

// steps splits a path at dots outside of brackets, and at brackets, which may
// hold an index or a key that has dots itself.
func steps(path string) []string {
	var out []string
	for path != "" {
		var step string
		if strings.HasPrefix(path, "[") {
			step, path, _ = strings.Cut(path[1:], "]")
		} else {
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			step, path = path[:end], path[end:]
		}
		path = strings.TrimPrefix(path, ".")
		if step != "" {
			out = append(out, step)
		}
	}
	return out
}
