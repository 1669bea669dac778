package kyverno

import (
	"github.com/vapchart/vapchart/internal/policy"
)

// side is one of the two blocks that select requests.
type side struct {
	name string
	// excludes: a filter may leave the kinds out, and without operations it
	// means all of them.
	excludes bool
}

func (r *reading) match(b at[matchBlock]) []policy.Filter {
	filters := r.filters(b, side{name: "match"})
	if filters == nil {
		r.errorf(b.Line, "match is missing or empty")
	}
	return filters
}

func (r *reading) exclude(b at[matchBlock]) []policy.Filter {
	return r.filters(b, side{name: "exclude", excludes: true})
}

// filters gives the filters of a block; any one of them is enough.
func (r *reading) filters(b at[matchBlock], s side) []policy.Filter {
	m := b.Value
	forms := 0
	for _, used := range []bool{len(m.Any) > 0, len(m.All) > 0, !m.Direct.empty()} {
		if used {
			forms++
		}
	}
	switch {
	case forms == 0:
		return nil
	case forms > 1:
		r.errorf(b.Line, "%s: want one of any, all and a filter directly under it, not several", s.name)
		return []policy.Filter{} // not nil: there is a block
	case len(m.All) > 0:
		return []policy.Filter{r.filter(r.mergeAll(m.All, s.name+".all"), side{s.name + ".all", s.excludes})}
	case len(m.Any) > 0:
		var out []policy.Filter
		for _, f := range m.Any {
			out = append(out, r.filter(f, side{s.name + ".any[]", s.excludes}))
		}
		return out
	}
	if r.apiVersion == "kyverno.io/v2beta1" {
		r.errorf(b.Line, "%s: %s wants any or all, not a filter directly under it", s.name, r.apiVersion)
	}
	return []policy.Filter{r.filter(at[filterBlock]{m.Direct, b.Line}, s)}
}

func (b filterBlock) empty() bool {
	return b.Resources.empty() && len(b.Subjects) == 0 && len(b.Roles) == 0 && len(b.ClusterRoles) == 0
}

func (b resourceBlock) empty() bool {
	return len(b.Kinds) == 0 && b.Name.Line == 0 && len(b.Names) == 0 && len(b.Namespaces) == 0 &&
		len(b.Annotations) == 0 && b.Selector == nil && b.NamespaceSelector == nil && len(b.Operations) == 0
}

// filter reads one filter; all that it says must be true of a request.
func (r *reading) filter(f at[filterBlock], s side) policy.Filter {
	b := f.Value.Resources
	if f.Value.empty() {
		r.errorf(f.Line, "%s is empty", s.name)
		return policy.Filter{}
	}
	r.roles(f.Value)
	out := policy.Filter{
		Line:              f.Line,
		Names:             r.names(b, s),
		Namespaces:        r.list(b.Namespaces, s.name+".resources.namespaces"),
		Annotations:       values(b.Annotations),
		Selector:          r.filterSelector(b.Selector, s.name+".resources.selector"),
		NamespaceSelector: r.filterSelector(b.NamespaceSelector, s.name+".resources.namespaceSelector"),
		Subjects:          r.subjects(f.Value.Subjects, s),
	}
	out.Resources = r.resources(b, f.Line, s)
	return out
}

// roles refuses filters by RBAC roles: Kyverno looks up the requester's, and
// an admission request does not carry them.
func (r *reading) roles(b filterBlock) {
	for _, role := range append(append([]text{}, b.Roles...), b.ClusterRoles...) {
		r.refuse(role.Line, policy.RequesterRoles, "role %s", role.Value)
	}
}

func (r *reading) names(b resourceBlock, s side) []string {
	names := b.Names
	if b.Name.Line != 0 {
		if len(names) > 0 {
			r.errorf(b.Name.Line, "%s.resources: name and names cannot stand together", s.name)
		}
		names = []text{b.Name}
	}
	return r.list(names, s.name+".resources.names")
}

// filterSelector reads a selector, which Kyverno wants to select something.
func (r *reading) filterSelector(sel *at[selector], field string) *policy.Selector {
	if sel.isSet() && sel.Value.empty() {
		r.errorf(sel.Line, "%s is empty", field)
	}
	return r.selector(sel, field)
}

func (r *reading) subjects(list []at[subject], s side) []policy.Subject {
	var out []policy.Subject
	for _, item := range list {
		v := item.Value
		if v.Kind.Line == 0 || v.Name.Value == "" {
			r.errorf(item.Line, "%s.subjects[] needs kind and name", s.name)
		}
		kind := r.word(v.Kind, s.name+".subjects[].kind", "User", "Group", "ServiceAccount")
		if kind == "ServiceAccount" && v.Namespace.Value == "" {
			r.errorf(item.Line, "%s.subjects[].namespace is missing, a ServiceAccount has one", s.name)
		}
		out = append(out, policy.Subject{Kind: kind, Name: v.Name.Value, Namespace: v.Namespace.Value})
	}
	return out
}

// values gives a map's values; nil for an empty map.
func values(m map[string]text) map[string]string {
	var out map[string]string
	for k, v := range m {
		if out == nil {
			out = map[string]string{}
		}
		out[k] = v.Value
	}
	return out
}
