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
	*versionResults
	in        Input
	judge     Judge
	newest    *assessment                    // whose names hold here too; nil in the newest itself
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
	known := in.Known
	if known == nil {
		known = NewKnown()
	}
	b, err := known.probes.at(in.Version)
	if err != nil {
		return Assessment{}, err
	}
	d := &verdictCache{in.Refuses, known.verdicts}
	a := &assessment{versionResults: b, in: in, judge: d.refuses}
	if err := a.take(); err != nil {
		return Assessment{}, err
	}
	if err := a.finish(); err != nil {
		return Assessment{}, err
	}
	return a.report(), nil
}

// finish holds the rules that were taken against the standard, and in strict
// mode corrects them.
func (a *assessment) finish() error {
	a.found = map[policy.Control][]Deviation{}
	for _, c := range a.oracle.Controls() {
		a.found[c.ID] = a.deviations(c, a.given)
	}
	var err error
	if a.in.Strict {
		err = a.correct()
		if err == nil {
			err = a.prove()
		}
	}
	// A built-in rule can bear the name of one that was given for something else.
	return errors.Join(err, unique(a.rules()))
}

// take rates the rules given and sets aside what is no part of the standard.
func (a *assessment) take() error {
	if err := unique(a.in.Rules); err != nil {
		return err
	}
	for _, r := range a.in.Rules {
		if r.Profile == policy.Other {
			a.others = append(a.others, r)
		}
	}
	all, err := a.rate(sorted(judged(a.in.Rules)), a.judge)
	if err != nil {
		return err
	}
	kept, added, notes := a.splitAdditions(all)
	a.given, a.final, a.additions = kept, kept, notes
	a.others = append(a.others, added...)
	return nil
}

// judged gives the rules of a profile: all others pass through.
func judged(rules []policy.Rule) []policy.Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r policy.Rule) bool { return r.Profile == policy.Other })
}

// correct brings in the built-in library where the rules given deviate. A
// control without a rule deviates too, on every probe that it refuses.
func (a *assessment) correct() error {
	given := a.replaceable()
	var faulty []policy.Control
	for _, c := range a.oracle.Controls() {
		nameless := func(r rated) bool { return r.lends == textOnly && r.has(c.ID) }
		if len(a.found[c.ID]) > 0 || slices.ContainsFunc(given, nameless) {
			faulty = append(faulty, c.ID)
		}
	}
	if len(faulty) == 0 {
		return nil
	}
	builtin, err := a.rate(sorted(a.in.Builtin), a.judge)
	if err != nil {
		return err
	}
	fixes, err := a.fixes(faulty, given, builtin)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range fixes {
		o, err := a.apply(f)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if a.newest == nil {
			o = a.evict(o)
		}
		a.outcomes = append(a.outcomes, o)
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
