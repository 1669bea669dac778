package pss

import (
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// rated is a rule with its verdict on every probe, its controls filled in.
type rated struct {
	policy.Rule
	refuses []bool
	lends   lends
}

// lends says what a rule that is to be replaced gives to what takes its place.
// All but rules of older versions give both: see at.
type lends int

const (
	nameAndText lends = iota
	textOnly          // given, but the newest version has no rule of this name
	nameOnly          // not given; the newest version has a built-in rule of this name
)

// only tells whether the control is the one and only label.
func only(id policy.Control) func([]policy.Control) bool {
	return func(labels []policy.Control) bool { return len(labels) == 1 && labels[0] == id }
}

// rate judges every probe by the rules and finds out their controls.
func (b *versionResults) rate(rules []policy.Rule, judge Judge) ([]rated, error) {
	refused, err := judge(rules, b.pods)
	if err != nil {
		return nil, err
	}
	var out []rated
	for i, rule := range rules {
		rule.Controls = b.attribute(rule.Profile, refused[i])
		out = append(out, rated{Rule: rule, refuses: refused[i]})
	}
	return out, nil
}

// attribute gives the controls that a rule of a profile implements, at least in
// part: those that alone refuse a probe which the rule refuses too. It counts
// only where the rule admits the shape that the probe was stepped from, since
// else it may be the shape, and not the step, that it objects to. Overridden
// controls are no part of restricted, so a restricted rule on volume types is
// never taken for one on host paths.
func (b *versionResults) attribute(profile policy.Profile, refuses []bool) []policy.Control {
	var out []policy.Control
	for _, id := range b.oracle.Runs(profile) {
		is := only(id)
		for i, p := range b.probes {
			if refuses[i] && !refuses[p.shape] && is(b.labels[profile][i]) {
				out = append(out, id)
				break
			}
		}
	}
	return out
}

// has tells whether the rule implements the control.
func (r rated) has(id policy.Control) bool { return slices.Contains(r.Controls, id) }

// holding gives the rules that implement the control.
func holding(rules []rated, id policy.Control) []rated {
	return filter(rules, func(r rated) bool { return r.has(id) })
}

// ofProfile gives the rules of one profile.
func ofProfile(rules []rated, profile policy.Profile) []rated {
	return filter(rules, func(r rated) bool { return r.Profile == profile })
}

func filter(rules []rated, keep func(rated) bool) []rated {
	var out []rated
	for _, r := range rules {
		if keep(r) {
			out = append(out, r)
		}
	}
	return out
}

// anyRefuses tells whether one of the rules refuses probe i.
func anyRefuses(rules []rated, i int) bool {
	return slices.ContainsFunc(rules, func(r rated) bool { return r.refuses[i] })
}
