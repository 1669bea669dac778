package manifest

import "go.yaml.in/yaml/v3"

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
