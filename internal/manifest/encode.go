package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Encode gives v as YAML in the one form that the tool writes: by its JSON
// tags, keys sorted, two spaces, no line folded, text of several lines as a
// block. The same value always gives the same bytes.
func Encode(v any) ([]byte, error) { return encode(v, 0) }

// EncodeShort gives the same, but lists and maps within others that take up to
// width characters are on one line.
func EncodeShort(v any, width int) ([]byte, error) { return encode(v, width) }

func encode(v any, width int) ([]byte, error) {
	j, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode yaml: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(j))
	dec.UseNumber()
	var plain any
	if err := dec.Decode(&plain); err != nil {
		return nil, fmt.Errorf("encode yaml: %w", err)
	}
	var root yaml.Node
	if err := root.Encode(numbers(plain)); err != nil {
		return nil, fmt.Errorf("encode yaml: %w", err)
	}
	shorten(&root, width)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	enc.CompactSeqIndent()
	if err := enc.Encode(&root); err != nil {
		return nil, fmt.Errorf("encode yaml: %w", err)
	}
	return out.Bytes(), nil
}

// shorten puts what is within a node on one line where that is short, and gives
// how long the node itself would be on one.
func shorten(n *yaml.Node, width int) int {
	if n.Kind == yaml.ScalarNode {
		if n.Style == yaml.LiteralStyle {
			return width + 1 // a block of text is none for one line
		}
		return len(n.Value)
	}
	length := 2
	for _, inner := range n.Content {
		took := shorten(inner, width)
		if took <= width && len(inner.Content) > 0 {
			inner.Style = yaml.FlowStyle
		}
		length += took + 2
	}
	return length
}

// numbers replaces JSON numbers, which the YAML encoder would quote.
func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = numbers(e)
		}
	case []any:
		for i, e := range v {
			v[i] = numbers(e)
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	}
	return v
}
