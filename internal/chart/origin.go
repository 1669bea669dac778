package chart

import (
	"maps"
	"slices"
)

// Leaf is a part of merged values that holds no keys of its own: a text, a
// number, a list (Helm replaces lists as a whole), an empty map or null.
type Leaf struct {
	Path   []string // the keys down to it; empty for values that are empty altogether
	Value  any
	Origin Origin
	// Removed says where what this null takes away was set; nil for every other
	// leaf, and for a null that takes nothing away.
	Removed *Origin
}

// Origin is where a value is written: a level, its file, and a line in it.
type Origin struct {
	Layer int // index into the levels that were traced; -1 for values that no level has
	File  string
	Line  int // 1-based, of the key; 0 where the file has none
}

// Trace gives every leaf of what MergeLayers makes of layers[from:], sorted by
// path, with its origin. The levels before those, such as the chart's own, only
// tell what a null takes away.
//
// The origins are found after the merge, so that finding them cannot change what
// Helm would see: a leaf is from the last level that has its path. An earlier one
// with the same path was overridden, and a later one that replaced a key above it
// would have taken the leaf away.
func Trace(layers []Layer, from int) []Leaf {
	var out []Leaf
	walk(nil, MergeLayers(layers[from:]), func(path []string, value any) {
		leaf := Leaf{Path: path, Value: value, Origin: lastWith(layers, path)}
		if i := leaf.Origin.Layer; value == nil && i > 0 {
			if before, ok := find(MergeLayers(layers[:i]), path); ok && before != nil {
				was := lastWith(layers[:i], path)
				leaf.Removed = &was
			}
		}
		out = append(out, leaf)
	})
	return out
}

// walk calls visit for every leaf, sorted by key at every depth.
func walk(path []string, value any, visit func(path []string, value any)) {
	inner, ok := value.(map[string]any)
	if !ok || len(inner) == 0 {
		visit(path, value)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(inner)) {
		walk(append(slices.Clone(path), key), inner[key], visit)
	}
}

// lastWith gives the origin of a path in the last level that has it.
func lastWith(layers []Layer, path []string) Origin {
	for i, l := range slices.Backward(layers) {
		if _, ok := find(l.Values, path); ok && len(path) > 0 {
			return Origin{Layer: i, File: l.File, Line: l.Line(path...)}
		}
	}
	return Origin{Layer: -1}
}

// find gives what stands at a path.
func find(values map[string]any, path []string) (any, bool) {
	var at any = values
	for _, key := range path {
		inner, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = inner[key]; !ok {
			return nil, false
		}
	}
	return at, true
}

// Line gives the line of the key at the end of a path; 0 in an empty file.
func (l Layer) Line(path ...string) int {
	steps := make([]any, len(path))
	for i, key := range path {
		steps[i] = key
	}
	return l.lineAt(steps)
}

func (l Layer) lineAt(steps []any) int {
	if l.doc.File == "" {
		return 0
	}
	return l.doc.KeyLine(steps...)
}
