package pss

import (
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// board holds every probe with what the standard says of it.
type board struct {
	oracle *Oracle
	probes []Probe
	pods   []*corev1.Pod                         // of the probes, in the same order
	labels map[policy.Profile][][]policy.Control // by probe: the controls of the profile that refuse it
	alone  map[policy.Control][]bool             // by probe: does this control refuse it
}

// rated is a rule with its verdict on every probe, its controls filled in.
type rated struct {
	policy.Rule
	refuses []bool
}

// newBoard asks the oracle of a version for all labels. A control without
// probes that it refuses, by itself in its profile, is an error: what
// implements it could not be told.
func newBoard(version string) (*board, error) {
	oracle, err := NewOracle(version)
	if err != nil {
		return nil, err
	}
	b := &board{
		oracle: oracle,
		probes: Probes(),
		labels: map[policy.Profile][][]policy.Control{},
		alone:  map[policy.Control][]bool{},
	}
	for _, p := range b.probes {
		b.pods = append(b.pods, p.Pod)
		for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
			b.labels[profile] = append(b.labels[profile], oracle.Refused(profile, p.Pod))
		}
		for _, c := range oracle.Controls() {
			b.alone[c.ID] = append(b.alone[c.ID], oracle.Refuses(c.ID, p.Pod))
		}
	}
	var errs []error
	for _, c := range oracle.Controls() {
		if !slices.ContainsFunc(b.labels[c.Profile], only(c.ID)) {
			errs = append(errs, fmt.Errorf("probe control %s: no probe is refused by it alone", c.ID))
		}
	}
	return b, errors.Join(errs...)
}

// only tells whether the control is the one and only label.
func only(id policy.Control) func([]policy.Control) bool {
	return func(labels []policy.Control) bool { return len(labels) == 1 && labels[0] == id }
}

// rate judges every probe by the rules and finds out their controls.
func (b *board) rate(rules []policy.Rule, judge Judge) ([]rated, error) {
	if len(rules) == 0 {
		return nil, nil
	}
	refused, err := judge(rules, b.pods)
	if err != nil {
		return nil, err
	}
	if len(refused) != len(rules) {
		return nil, fmt.Errorf("judge probes: verdicts of %d rules, want %d", len(refused), len(rules))
	}
	var out []rated
	for i, rule := range rules {
		if len(refused[i]) != len(b.pods) {
			return nil, fmt.Errorf("judge probes by %s: %d verdicts, want %d", rule.Name, len(refused[i]), len(b.pods))
		}
		rule.Controls = b.attribute(rule.Profile, refused[i])
		out = append(out, rated{rule, refused[i]})
	}
	return out, nil
}

// attribute gives the controls that a rule of a profile implements, at least in
// part: those that alone refuse a probe which the rule refuses too. It counts
// only where the rule admits the shape that the probe was stepped from, since
// else it may be the shape, and not the step, that it objects to. Overridden
// controls are no part of restricted, so a restricted rule on volume types is
// never taken for one on host paths.
func (b *board) attribute(profile policy.Profile, refuses []bool) []policy.Control {
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
