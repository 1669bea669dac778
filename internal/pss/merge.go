package pss

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// merge makes one rule of several that apply to the same requests: variables
// joined by name, validations and audit annotations one after the other. The origin
// names all of them, by the file and line of the first.
func merge(name string, rules []policy.Rule) (policy.Rule, error) {
	out := rules[0]
	out.Name = name
	policies, names, titles := []string{out.Origin.Policy}, []string{out.Origin.Rule}, []string{out.Title}
	out.Variables, out.Validations = slices.Clone(out.Variables), slices.Clone(out.Validations)
	out.AuditAnnotations = slices.Clone(out.AuditAnnotations)
	for _, r := range rules[1:] {
		if !alike(out, r) {
			return policy.Rule{}, fmt.Errorf("merge into %s: %s and %s do not apply to the same requests", name, rules[0].Origin, r.Origin)
		}
		for _, v := range r.Variables {
			i := slices.IndexFunc(out.Variables, func(o policy.Variable) bool { return o.Name == v.Name })
			switch {
			case i < 0:
				out.Variables = append(out.Variables, v)
			case out.Variables[i].Expression.CEL != v.Expression.CEL:
				return policy.Rule{}, fmt.Errorf("merge into %s: %s and %s differ in variable %s", name, rules[0].Origin, r.Origin, v.Name)
			}
		}
		out.Validations = append(out.Validations, r.Validations...)
		out.AuditAnnotations = append(out.AuditAnnotations, r.AuditAnnotations...)
		policies, names, titles = append(policies, r.Origin.Policy), append(names, r.Origin.Rule), append(titles, r.Title)
	}
	out.Origin.Policy, out.Origin.Rule, out.Title = joined(policies, "+"), joined(names, "+"), joined(titles, ", ")
	return out, nil
}

// joined joins what differs and is not empty.
func joined(words []string, by string) string {
	var out []string
	for _, w := range words {
		if w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return strings.Join(out, by)
}

// alike tells whether two rules differ only in what merge joins.
func alike(a, b policy.Rule) bool {
	return reflect.DeepEqual(frame(a), frame(b))
}

// frame is a rule without what merge joins and without positions in files.
func frame(r policy.Rule) policy.Rule {
	filters := func(in []policy.Filter) []policy.Filter {
		out := slices.Clone(in)
		for i := range out {
			out[i].Line = 0
		}
		return out
	}
	conditions := slices.Clone(r.Conditions)
	for i := range conditions {
		conditions[i].Expression.Line = 0
	}
	return policy.Rule{
		Profile:       r.Profile,
		Match:         filters(r.Match),
		Exclude:       filters(r.Exclude),
		Conditions:    conditions,
		Param:         r.Param,
		FailurePolicy: r.FailurePolicy,
	}
}
