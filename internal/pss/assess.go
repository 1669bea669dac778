package pss

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// assessment is the work in hand: what is known so far of the rules given and
// of what became of them.
type assessment struct {
	*board
	in        Input
	given     []rated                        // that enforce a control
	found     map[policy.Control][]Deviation // of the rules given
	others    []policy.Rule                  // of no profile
	additions []Addition
	final     []rated
	outcomes  []outcome
}

// Assess finds out which controls the rules implement, holds them against the
// standard, and in strict mode replaces what deviates by built-in rules and
// adds what is missing. Afterwards strict mode judges the result once more: a
// control that nothing enforces, or that still deviates, is an error.
func Assess(in Input) (Assessment, error) {
	in.Version = cmp.Or(in.Version, Latest)
	b, err := newBoard(in.Version)
	if err != nil {
		return Assessment{}, err
	}
	a := &assessment{board: b, in: in, found: map[policy.Control][]Deviation{}}
	if err := a.take(); err != nil {
		return Assessment{}, err
	}
	for _, c := range b.oracle.Controls() {
		a.found[c.ID] = b.deviations(c, a.given)
	}
	if in.Strict {
		err = a.correct()
		if err == nil {
			err = a.prove()
		}
	}
	// A built-in rule can bear the name of one that was given for something else.
	if err = errors.Join(err, unique(a.rules())); err != nil {
		return Assessment{}, err
	}
	return a.report(), nil
}

// take rates the rules given and sets aside what is no part of the standard.
func (a *assessment) take() error {
	if err := unique(a.in.Rules); err != nil {
		return err
	}
	var judged []policy.Rule
	for _, r := range a.in.Rules {
		if r.Profile == policy.Other {
			a.others = append(a.others, r)
			continue
		}
		judged = append(judged, r)
	}
	all, err := a.rate(sorted(judged), a.in.Refuses)
	if err != nil {
		return err
	}
	kept, added, notes := a.splitAdditions(all)
	a.given, a.final, a.additions = kept, kept, notes
	a.others = append(a.others, added...)
	return nil
}

// correct brings in the built-in library where the rules given deviate. A
// control without a rule deviates too, on every probe that it refuses.
func (a *assessment) correct() error {
	var faulty []policy.Control
	for _, c := range a.oracle.Controls() {
		if len(a.found[c.ID]) > 0 {
			faulty = append(faulty, c.ID)
		}
	}
	if len(faulty) == 0 {
		return nil
	}
	builtin, err := a.rate(sorted(a.in.Builtin), a.in.Refuses)
	if err != nil {
		return err
	}
	fixes, err := a.fixes(faulty, a.given, builtin)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range fixes {
		o, err := a.apply(f, a.in.Refuses)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		a.outcomes = append(a.outcomes, a.evict(o))
		a.final = append(filter(a.final, func(r rated) bool { return !slices.ContainsFunc(f.controls, r.has) }), o.rules...)
	}
	return errors.Join(errs...)
}

// evict takes out additions whose name a built-in rule needs. Such a rule was
// meant for the control and does not do for it, so it counts as replaced.
func (a *assessment) evict(o outcome) outcome {
	var added []rated
	for _, r := range o.added {
		i := slices.IndexFunc(a.additions, func(n Addition) bool { return n.Rule == r.Name })
		if i < 0 {
			added = append(added, r)
			continue
		}
		a.additions = slices.Delete(a.additions, i, i+1)
		a.others = slices.DeleteFunc(a.others, func(p policy.Rule) bool { return p.Name == r.Name })
		o.replaced = append(o.replaced, r)
	}
	o.added = added
	return o
}

// prove judges the corrected rules as a whole, as the given ones were.
func (a *assessment) prove() error {
	var errs []error
	for _, c := range a.oracle.Controls() {
		for _, d := range a.deviations(c, a.final) {
			errs = append(errs, fmt.Errorf("prove control %s: %s, after correction", c.ID, d))
		}
	}
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		for _, p := range a.strays(profile, a.final) {
			errs = append(errs, fmt.Errorf("prove profile %s: wrong on a pod %s, after correction", profile, p.Text))
		}
	}
	return errors.Join(errs...)
}

// unique refuses two rules of one name.
func unique(rules []policy.Rule) error {
	at := map[string]policy.Origin{}
	var errs []error
	for _, r := range rules {
		if o, ok := at[r.Name]; ok {
			errs = append(errs, fmt.Errorf("name rule %s: %s: %s has it already", r.Name, r.Origin.Position(), o.Position()))
			continue
		}
		at[r.Name] = r.Origin
	}
	return errors.Join(errs...)
}

// rules gives all rules of the result, sorted by name.
func (a *assessment) rules() []policy.Rule {
	out := slices.Clone(a.others)
	for _, r := range a.final {
		out = append(out, r.Rule)
	}
	return sorted(out)
}

// sorted gives the rules by name. What is given keeps its order.
func sorted(rules []policy.Rule) []policy.Rule {
	return slices.SortedStableFunc(slices.Values(rules), func(x, y policy.Rule) int { return cmp.Compare(x.Name, y.Name) })
}
