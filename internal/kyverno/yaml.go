package kyverno

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// text is a string of a policy file with the line at which its text begins:
// for a block (`|`, `>-`) the line below the indicator.
type text struct {
	Value string
	Line  int // 0 where the value is absent or null
}

// UnmarshalYAML takes what Kubernetes takes for a string. The YAML library
// itself would turn a number or a boolean into one.
func (t *text) UnmarshalYAML(n *yaml.Node) error {
	tag := n.ShortTag()
	if n.Kind != yaml.ScalarNode || (tag != "!!str" && tag != "!!timestamp") {
		return wrongType(n, "a string")
	}
	t.Value, t.Line = n.Value, n.Line
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		t.Line++
	}
	return nil
}

// wrongType is an error in the form that the YAML library collects.
func wrongType(n *yaml.Node, want string) error {
	have := n.ShortTag()
	if n.Kind == yaml.ScalarNode && have != "!!null" {
		have += " `" + n.Value + "`"
	}
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want %s, not %s", n.Line, want, have)}}
}

// list is a list without nulls: the YAML library leaves them out silently,
// which would make, say, a list of namespaces one of any namespace.
type list[T any] []T

// UnmarshalYAML is of the older signature for the reason that at's is.
func (l *list[T]) UnmarshalYAML(decode func(any) error) error {
	var null nullItems
	if err := decode(&null); err != nil {
		return err
	}
	err := decode((*[]T)(l))
	var wrong *yaml.TypeError
	if errors.As(err, &wrong) {
		wrong.Errors = append(wrong.Errors, null...)
		return wrong
	}
	if err == nil && len(null) > 0 {
		return &yaml.TypeError{Errors: null}
	}
	return err
}

// nullItems are the errors about a list's nulls.
type nullItems []string

// UnmarshalYAML fails for what is no list.
func (l *nullItems) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return wrongType(n, "a list")
	}
	for _, item := range n.Content {
		if item.ShortTag() == "!!null" {
			*l = append(*l, fmt.Sprintf("line %d: null in a list", item.Line))
		}
	}
	return nil
}

// at is a value with the line it begins at.
type at[T any] struct {
	Value T
	Line  int // 0 where the value is null
}

// UnmarshalYAML has the older of the library's two signatures on purpose: the
// callback keeps the decoder's strictness, where a node's own Decode would let
// unknown fields through.
func (a *at[T]) UnmarshalYAML(decode func(any) error) error {
	if err := decode((*lineOnly)(&a.Line)); err != nil {
		return err
	}
	return decode(&a.Value)
}

func (a *at[T]) isSet() bool { return a != nil && a.Line != 0 }

// lineOnly takes any value and keeps its line.
type lineOnly int

// UnmarshalYAML never fails.
func (l *lineOnly) UnmarshalYAML(n *yaml.Node) error {
	*l = lineOnly(n.Line)
	return nil
}

// presence is the line of a field whose content is of no interest, because the
// field alone decides. It is 0 where the field is absent, null or an empty list;
// an empty mapping counts, `deny: {}` denies everything.
type presence int

// UnmarshalYAML never fails.
func (p *presence) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode || len(n.Content) > 0 {
		*p = presence(n.Line)
	}
	return nil
}

// plain gives the values of a list.
func plain(list []text) []string {
	var out []string
	for _, t := range list {
		out = append(out, t.Value)
	}
	return out
}
