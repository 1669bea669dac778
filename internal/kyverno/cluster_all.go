package kyverno

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// mergeAll makes one filter of several that must all match. Lists are
// alternatives, so both lists hold only for what is in both; labels and
// annotations add up. Where that would need more than a filter can say, it is
// an error: the author can write the one filter that is meant.
func (r *reading) mergeAll(filters []at[filterBlock], field string) at[filterBlock] {
	out := filters[0]
	for _, f := range filters {
		if f.Value.empty() {
			r.errorf(f.Line, "%s[] is empty", field)
		}
	}
	for _, f := range filters[1:] {
		m := merge{r, cmp.Or(f.Line, out.Line), field}
		out.Value = m.filter(out.Value, f.Value)
	}
	return out
}

// merge joins two filters of an `all`, of which the second begins at line.
type merge struct {
	*reading
	line  int
	field string
}

func (m merge) filter(a, b filterBlock) filterBlock {
	a.Roles, a.ClusterRoles = append(a.Roles, b.Roles...), append(a.ClusterRoles, b.ClusterRoles...)
	a.Subjects = intersect(m, "subjects", a.Subjects, b.Subjects, func(s at[subject]) string {
		return strings.Join([]string{s.Value.Kind.Value, s.Value.Namespace.Value, s.Value.Name.Value}, " ")
	})
	a.Resources = m.resources(a.Resources, b.Resources)
	return a
}

func (m merge) resources(a, b resourceBlock) resourceBlock {
	word := func(t text) string { return t.Value }
	allNames := func(r resourceBlock) []text {
		if r.Name.Line != 0 {
			return append([]text{r.Name}, r.Names...)
		}
		return r.Names
	}
	return resourceBlock{
		Kinds:             intersect(m, "kinds", a.Kinds, b.Kinds, word),
		Names:             intersect(m, "names", allNames(a), allNames(b), word),
		Namespaces:        intersect(m, "namespaces", a.Namespaces, b.Namespaces, word),
		Operations:        intersect(m, "operations", a.Operations, b.Operations, word),
		Annotations:       m.entries("annotations", a.Annotations, b.Annotations),
		Selector:          m.selectors("selector", a.Selector, b.Selector),
		NamespaceSelector: m.selectors("namespaceSelector", a.NamespaceSelector, b.NamespaceSelector),
	}
}

// intersect gives what is in both lists; an empty list does not restrict.
// Words that stand for more than themselves (wildcards, `group/version/Kind`
// beside a bare kind) can overlap without being equal, so lists with those must
// be the same.
func intersect[T any](m merge, field string, a, b []T, word func(T) string) []T {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
	}
	words := func(list []T) []string {
		var out []string
		for _, v := range list {
			out = append(out, word(v))
		}
		slices.Sort(out)
		return out
	}
	inA, inB := words(a), words(b)
	if slices.Equal(inA, inB) {
		return a
	}
	var both []T
	for _, v := range a {
		if slices.Contains(inB, word(v)) {
			both = append(both, v)
		}
	}
	wide := func(w string) bool { return strings.ContainsAny(w, "*?/.") }
	if len(both) == 0 || slices.ContainsFunc(inA, wide) || slices.ContainsFunc(inB, wide) {
		m.errorf(m.line, "%s: %s [%s] and [%s] cannot be merged: write what both mean in one filter",
			m.field, field, strings.Join(inA, " "), strings.Join(inB, " "))
		return a
	}
	return both
}

func (m merge) entries(field string, a, b map[string]text) map[string]text {
	out := map[string]text{}
	maps.Copy(out, a)
	for _, k := range slices.Sorted(maps.Keys(b)) {
		if have, taken := a[k]; taken && have.Value != b[k].Value {
			m.errorf(m.line, "%s: %s cannot have %q as %q and as %q", m.field, field, k, have.Value, b[k].Value)
		}
		out[k] = b[k]
	}
	return out
}

func (m merge) selectors(field string, a, b *at[selector]) *at[selector] {
	if !a.isSet() || !b.isSet() {
		return cmp.Or(a, b)
	}
	return &at[selector]{Line: a.Line, Value: selector{
		MatchLabels:      m.entries(field, a.Value.MatchLabels, b.Value.MatchLabels),
		MatchExpressions: append(slices.Clip(a.Value.MatchExpressions), b.Value.MatchExpressions...),
	}}
}
