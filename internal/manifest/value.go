package manifest

import "go.yaml.in/yaml/v3"

// Value is a value inside a document, with its line. Aliases are followed, and
// merge keys (`<<`) are taken apart as YAML 1.1 has it.
type Value struct{ node *yaml.Node }

// Entry is a key of a map with its value. What came by a merge key has the lines of
// the place where it is written.
type Entry struct {
	Key   string
	Line  int // 1-based, of the key
	Value Value
}

// Root gives the value that is the whole document.
func (d Document) Root() Value { return Value{d.node} }

// Line gives the 1-based line of a value in its file; of an alias, that of what it
// stands for.
func (v Value) Line() int {
	if n := v.real(); n != nil {
		return n.Line
	}
	return 0
}

// Alias says whether the value only refers to one that stands elsewhere.
func (v Value) Alias() bool { return v.node != nil && v.node.Kind == yaml.AliasNode }

// Text gives the text of a scalar; false for another value, and for null.
func (v Value) Text() (string, bool) {
	n := v.real()
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return "", false
	}
	return n.Value, true
}

// IsMap says whether the value is a map.
func (v Value) IsMap() bool {
	n := v.real()
	return n != nil && n.Kind == yaml.MappingNode
}

// Items gives the items of a list; none for another value.
func (v Value) Items() []Value {
	n := v.real()
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	out := make([]Value, 0, len(n.Content))
	for _, c := range n.Content {
		out = append(out, Value{c})
	}
	return out
}

// Get gives the value of a key of a map; false if there is none.
func (v Value) Get(key string) (Value, bool) {
	for _, e := range v.Entries() {
		if e.Key == key {
			return e.Value, true
		}
	}
	return Value{}, false
}

// Entries gives the entries of a map: its own in order, then those that merge keys
// bring and no earlier one has. Another value has none.
func (v Value) Entries() []Entry {
	m := merging{keys: map[string]bool{}, nodes: map[*yaml.Node]bool{}}
	m.add(v.real())
	return m.out
}

// merging is the work on one map. A node is merged once: again it adds nothing, and
// one that refers to itself would never end.
type merging struct {
	keys  map[string]bool
	nodes map[*yaml.Node]bool
	out   []Entry
}

func (m *merging) add(n *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode || m.nodes[n] {
		return
	}
	m.nodes[n] = true
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Tag == "!!merge":
			merged = append(merged, value)
		case !m.keys[key.Value]:
			m.keys[key.Value] = true
			m.out = append(m.out, Entry{key.Value, key.Line, Value{value}})
		}
	}
	for _, value := range merged {
		v := Value{value}
		m.add(v.real())
		for _, item := range v.Items() { // of several, the first wins
			m.add(item.real())
		}
	}
}

// real follows aliases, but not in a circle.
func (v Value) real() *yaml.Node {
	n := v.node
	for range 100 {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}
