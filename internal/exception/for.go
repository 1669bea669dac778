package exception

import (
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// For gives the compensation for one of a chart's final rules, all of which are
// in all; ok is false where no key touches it. builtin is the built-in library
// with the controls of its rules (see Label), and rule must have its own.
//
// A rule that bears the name of a built-in one gets its compensation. A rule of
// another name stands for those built-in rules that share a control with it and
// are not in the chart themselves: upstream may have renamed a rule, or made
// one of two. It gets the compensations of all of these, and of those that no
// key touches their own checks, so that nothing the rule held is lost. The same
// goes for controls that a rule has beyond those of its namesake. A rule that
// shares its control with nothing but rules of the chart gets what
// compensates for these, since without it an exception would have no effect.
//
// The error is about CEL of the built-in library that does not parse.
func For(rule policy.Rule, builtin, all []policy.Rule, comps []Compensation) (c Compensation, ok bool, err error) {
	m := merger{Compensation: Compensation{Rule: rule.Name}}
	stands := standsFor(rule, builtin, all, comps)
	for _, b := range stands {
		if c, compensated := of(b.Name, comps); compensated {
			ok = true
			m.add(c)
			if len(stands) == 1 {
				m.Control, m.Since = c.Control, c.Since
			}
			continue
		}
		if err := m.borrow(b); err != nil {
			return Compensation{}, false, err
		}
	}
	if !ok {
		return Compensation{}, false, nil
	}
	m.Allows = inOrder(m.Allows)
	return m.Compensation, true, nil
}

// standsFor gives the built-in rules whose work the rule does, in the order of
// builtin.
func standsFor(rule policy.Rule, builtin, all []policy.Rule, comps []Compensation) []policy.Rule {
	controls := rule.Controls
	var namesake []policy.Rule
	if i := slices.IndexFunc(builtin, named(rule.Name)); i >= 0 {
		namesake = builtin[i : i+1]
		controls = slices.DeleteFunc(slices.Clone(controls), func(c policy.Control) bool {
			return slices.Contains(builtin[i].Controls, c)
		})
	}
	var absent, present []policy.Rule
	for _, b := range builtin {
		shares := func(c policy.Control) bool { return slices.Contains(b.Controls, c) }
		_, compensated := of(b.Name, comps)
		switch {
		case b.Name == rule.Name || !slices.ContainsFunc(controls, shares):
		case !slices.ContainsFunc(all, named(b.Name)):
			absent = append(absent, b)
		case compensated:
			present = append(present, b)
		}
	}
	if len(namesake)+len(absent) == 0 {
		return present
	}
	return append(slices.Clone(namesake), absent...)
}

func named(name string) func(policy.Rule) bool {
	return func(r policy.Rule) bool { return r.Name == name }
}

func of(rule string, comps []Compensation) (Compensation, bool) {
	i := slices.IndexFunc(comps, func(c Compensation) bool { return c.Rule == rule })
	if i < 0 {
		return Compensation{}, false
	}
	return comps[i], true
}
