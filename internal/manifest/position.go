package manifest

import (
	"strings"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"
)

// LineOf gives the line of the value at a path of keys (string) and indexes
// (int), or of the last part of the path that is there.
func (d Document) LineOf(path ...any) int {
	n, line := d.node, d.Line
	for _, step := range path {
		next := child(n, step)
		if next == nil {
			break
		}
		n, line = next, next.Line
	}
	return line
}

func child(n *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case string:
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	case int:
		if n.Kind == yaml.SequenceNode && step < len(n.Content) {
			return n.Content[step]
		}
	}
	return nil
}

// Lines gives the first and last line of the entry at a path of keys, the last
// of which is the entry's own key; comments behind it belong to what follows.
func (d Document) Lines(keys ...string) (first, last int, ok bool) {
	n := d.node
	for _, k := range keys[:len(keys)-1] {
		if n = child(n, k); n == nil {
			return 0, 0, false
		}
	}
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		if n.Content[i].Value == keys[len(keys)-1] {
			return n.Content[i].Line, lastLine(n.Content[i+1]), true
		}
	}
	return 0, 0, false
}

// lastLine is the last line a value stands on. The closing bracket of a flow
// value that spans lines is not known to the parser; such a value is rare in a
// file of this size, and the caller checks what it wrote by reading it back.
func lastLine(n *yaml.Node) int {
	last := n.Line
	for _, c := range n.Content {
		last = max(last, lastLine(c))
	}
	return last
}

// IsBlock says whether the value at a path is written over lines rather than in
// brackets.
func (d Document) IsBlock(path ...any) bool {
	n := d.node
	for _, step := range path {
		if n = child(n, step); n == nil {
			return false
		}
	}
	return n.Style&yaml.FlowStyle == 0
}

// Has says whether the document has a top-level key.
func (d Document) Has(key string) bool { return child(d.node, key) != nil }

// KeyLine gives the line on which the key at the end of a path stands, or for an
// index its element. Aliases and merges (`<<`) are followed to where the key is
// written. Of a path that is not there it gives the line of the last part that is.
func (d Document) KeyLine(path ...any) int {
	n, line := d.node, d.Line
	for _, step := range path {
		next, at := entry(n, step)
		if next == nil {
			break
		}
		n, line = next, at
	}
	return line
}

// entry finds a key or an index in a node, and its line. What stands in a mapping
// itself goes before what is merged into it.
func entry(n *yaml.Node, step any) (value *yaml.Node, line int) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	key, ok := step.(string)
	if !ok {
		if value = child(n, step); value != nil {
			line = value.Line
		}
		return value, line
	}
	if n.Kind != yaml.MappingNode {
		return nil, 0
	}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			merged = append(merged, n.Content[i+1])
		} else if keyText(n.Content[i]) == key {
			return n.Content[i+1], n.Content[i].Line
		}
	}
	for len(merged) > 0 {
		from := merged[0]
		merged = merged[1:]
		if from.Kind == yaml.SequenceNode {
			merged = append(from.Content, merged...)
		} else if value, line = entry(from, step); value != nil {
			return value, line
		}
	}
	return nil, 0
}

// keyText gives a key as JSON has it, which knows text only: Kubernetes' dialect
// of YAML reads a plain `yes` as true and 0x10 as 16.
func keyText(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Style != 0 || n.Tag == "!!str" && !isBool(n.Value) {
		return n.Value
	}
	var content map[string]any
	if err := sigsyaml.Unmarshal([]byte(n.Value+": 0\n"), &content); err == nil {
		for key := range content {
			return key
		}
	}
	return n.Value
}

// isBool says whether YAML 1.1 reads a word as true or false that is text in 1.2.
func isBool(word string) bool {
	switch strings.ToLower(word) {
	case "y", "n", "yes", "no", "on", "off":
		return true
	}
	return false
}
