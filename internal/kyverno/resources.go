package kyverno

import (
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// resources gives the API resources and operations that a filter's kinds stand
// for, those with the same group, versions and operations together.
func (r *reading) resources(b resourceBlock, line int, s side) []policy.Resources {
	ops := r.operations(b.Operations, s)
	scope := ""
	if b.NamespaceSelector.isSet() && b.NamespaceSelector.Value.needsLabel() {
		// To Kyverno, what is in no namespace lacks the label that is asked
		// for; Kubernetes' own selectors let such objects through.
		scope = "Namespaced"
	}
	if len(b.Kinds) == 0 {
		return r.withoutKinds(ops, line, s)
	}
	var found []resource
	for _, k := range b.Kinds {
		found = append(found, r.kind(k, s)...)
	}
	if scope != "" && !s.excludes && len(found) > 0 && !slices.ContainsFunc(found, resource.inNamespace) {
		r.errorf(b.NamespaceSelector.Line, "%s.resources.namespaceSelector never matches %s: they are in no namespace",
			s.name, found[0].plural)
	}
	var out []policy.Resources
	for _, res := range found {
		one := policy.Resources{
			Groups: []string{res.group}, Versions: res.versions, Resources: []string{res.plural},
			Operations: ops, Scope: scope,
		}
		if len(ops) == 0 {
			one.Operations = defaultOperations(res.sub, s)
		}
		out = addResources(out, one)
	}
	return out
}

// withoutKinds is for a filter that names none: to exclude by namespace, say,
// or by who asks. Operations alone then stand for those on any resource.
func (r *reading) withoutKinds(ops []string, line int, s side) []policy.Resources {
	if !s.excludes {
		r.errorf(line, "%s.resources.kinds is missing", s.name)
	}
	if len(ops) == 0 {
		return nil
	}
	return []policy.Resources{{
		Groups: []string{"*"}, Versions: []string{"*"}, Resources: []string{"*/*"}, Operations: ops,
	}}
}

func (r *reading) operations(list []text, s side) []string {
	for _, op := range list {
		r.word(op, s.name+".resources.operations", "CREATE", "UPDATE", "DELETE", "CONNECT")
	}
	return plain(list)
}

// defaultOperations is for a filter that names none. To Kyverno that is all of
// them, but a deletion has no object: natively the rule's expressions would
// fail on it, and so forbid to delete anything. A subresource that one connects
// to knows no other operation.
func defaultOperations(sub string, s side) []string {
	if s.excludes {
		return []string{"*"}
	}
	switch sub {
	case "attach", "exec", "portforward", "proxy":
		return []string{"CONNECT"}
	case "*":
		return []string{"CREATE", "UPDATE", "CONNECT"}
	default:
		return []string{"CREATE", "UPDATE"}
	}
}

// addResources adds to a list, joining what differs only in the resource.
func addResources(list []policy.Resources, one policy.Resources) []policy.Resources {
	for i, have := range list {
		same := slices.Equal(have.Groups, one.Groups) && slices.Equal(have.Versions, one.Versions) &&
			slices.Equal(have.Operations, one.Operations) && have.Scope == one.Scope
		if !same {
			continue
		}
		for _, name := range one.Resources {
			if !slices.Contains(have.Resources, name) {
				list[i].Resources = append(list[i].Resources, name)
			}
		}
		return list
	}
	return append(list, one)
}
