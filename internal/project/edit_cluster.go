package project

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vapchart/vapchart/internal/manifest"
)

// AddCluster gives the project file with one more cluster at the end of its list
// and every other byte as it was, comments included. The new entry is written as
// the last one is: on one line or over several, indented alike. The error joins
// all that is wrong with the cluster, such as a name that is taken.
func AddCluster(name string, data []byte, c Cluster) ([]byte, error) {
	doc, err := manifest.One(name, data)
	if err != nil {
		return nil, fmt.Errorf("add cluster: %w", err)
	}
	before, err := Read(name, data)
	if err != nil {
		return nil, fmt.Errorf("add cluster: %w", err)
	}
	check := checker{doc: doc}
	if check.clusters(append(slices.Clone(before.Clusters), c)); len(check.errs) > 0 {
		return nil, check.errs[len(check.errs)-1]
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("add cluster: %w", err)
	}
	out := withCluster(data, root.Content[0], c)

	// What was written must read back as what was meant.
	plan, err := Read(name, out)
	before.Clusters = append(slices.Clone(before.Clusters), c)
	if err != nil || !reflect.DeepEqual(plan, before) {
		return nil, fmt.Errorf("add cluster: %w", &manifest.Error{
			File: name, Line: doc.LineOf("clusters"), Msg: "the list cannot be changed in place: write " + c.String() + " into it",
		})
	}
	return out, nil
}

// String gives the cluster as an entry of `clusters` on one line.
func (c Cluster) String() string {
	return "{" + strings.Join(c.entries(), ", ") + "}"
}

func (c Cluster) entries() []string {
	out := []string{"name: " + scalar(c.Name)}
	if c.Group != "" {
		out = append(out, "group: "+scalar(c.Group))
	}
	return append(out, fmt.Sprintf("kubernetes: %q", c.Kubernetes))
}

// withCluster finds out how the list is written, and writes one more entry so.
func withCluster(data []byte, root *yaml.Node, c Cluster) []byte {
	lines := slices.DeleteFunc(bytes.SplitAfter(data, []byte("\n")), func(l []byte) bool { return len(l) == 0 })
	var list, key *yaml.Node
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "clusters" {
			key, list = root.Content[i], root.Content[i+1]
		}
	}
	switch {
	case list == nil:
		return insert(lines, len(lines), "clusters:\n  - "+c.String()+"\n")
	case len(list.Content) == 0:
		// An empty list, or nothing behind the key, gives way to one over lines.
		at := list.Line - 1
		if list.Kind == yaml.SequenceNode && list.Line == key.Line {
			_, behind, _ := bytes.Cut(lines[at], []byte("]"))
			lines[at] = slices.Concat(bytes.TrimRight(lines[at][:list.Column-1], " "), behind)
		}
		return insert(lines, key.Line, "  - "+c.String()+"\n")
	case list.Style&yaml.FlowStyle != 0:
		return intoBrackets(data, lines, list, c)
	}
	last := list.Content[len(list.Content)-1]
	first := lines[last.Line-1]
	dash := bytes.IndexByte(first, '-')
	if dash < 0 || dash >= last.Column {
		return data // the caller sees that nothing changed
	}
	text := string(first[:last.Column-1]) // the indentation, the dash and the blanks behind it
	if last.Style&yaml.FlowStyle != 0 {
		text += c.String() + "\n"
	} else {
		text += strings.Join(c.entries(), "\n"+strings.Repeat(" ", last.Column-1)) + "\n"
	}
	return insert(lines, end(last), text)
}

// end gives the last line that a node stands on; brackets that span lines end
// where the last thing inside of them does, or are seen when the file is read
// again.
func end(n *yaml.Node) int {
	last := n.Line
	for _, inner := range n.Content {
		last = max(last, end(inner))
	}
	return last
}

// insert writes text behind the first n lines.
func insert(lines [][]byte, n int, text string) []byte {
	out := bytes.Join(lines[:n], nil)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	return append(append(out, text...), bytes.Join(lines[n:], nil)...)
}

// intoBrackets writes the cluster before the bracket that ends a list.
func intoBrackets(data []byte, lines [][]byte, list *yaml.Node, c Cluster) []byte {
	start := len(bytes.Join(lines[:list.Line-1], nil)) + list.Column - 1
	depth, quote := 0, byte(0)
	for i := start; i < len(data); i++ {
		switch ch := data[i]; {
		case quote != 0:
			if ch == quote {
				quote = 0
			}
		case ch == '"' || ch == '\'':
			quote = ch
		case ch == '#' && (data[i-1] == ' ' || data[i-1] == '\n'):
			for i+1 < len(data) && data[i+1] != '\n' {
				i++
			}
		case ch == '[' || ch == '{':
			depth++
		case ch == ']' || ch == '}':
			if depth--; depth == 0 {
				return bytes.Join([][]byte{beforeBracket(data[:i], list, c), data[i:]}, nil)
			}
		}
	}
	return data
}

// beforeBracket gives what stands before the bracket that ends a list, and the
// cluster: on a line of its own where the last entry has one.
func beforeBracket(head []byte, list *yaml.Node, c Cluster) []byte {
	last := list.Content[len(list.Content)-1]
	body := bytes.TrimRight(head, " \n")
	tail := head[len(body):]
	comma := ", "
	if last.Line > list.Line {
		comma = ",\n" + strings.Repeat(" ", last.Column-1)
	}
	if bytes.HasSuffix(body, []byte(",")) {
		body = body[:len(body)-1]
	}
	return slices.Concat(body, []byte(comma+c.String()), tail)
}
