package chainsaw

import (
	"context"
	"fmt"
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// test is one Chainsaw test: steps in one namespace.
type test struct {
	name        string
	description string
	place       place
	namespace   Namespace
	steps       []step
}

// ofRule makes the test of a rule, in the first place where some sample is
// refused by it and by nothing else; in one where others refuse too only if
// there is no such place.
func (w *world) ofRule(ctx context.Context, r Rule) (outcome, error) {
	out := outcome{name: r.Name, rule: true, why: "the values enforce it in no namespace"}
	profile := string(r.Profile)
	if r.Profile == policy.Other {
		profile = "privileged" // where only such a rule refuses anything
	}
	var second *test
	for _, p := range byFitness(w.places, profile) {
		if !p.enforces(r) {
			continue
		}
		n, ok := w.namespace(p, r.Name)
		if !ok {
			continue
		}
		c, err := w.choose(ctx, n, r)
		if err != nil {
			return outcome{}, fmt.Errorf("rule %s: %w", r.Name, err)
		}
		if len(p.Exceptions)+len(p.Exclude) > 0 {
			c.disagrees = nil // what they allow says nothing of the rules
		}
		made := test{name: r.Name, place: p, namespace: n, description: w.describe(r, p)}
		switch {
		case len(c.bad) > 0:
			made.steps = slices.Concat(c.good, c.bad)
			out.tests, out.disagrees = []test{made}, c.disagrees
			return out, nil
		case len(c.ambiguous) > 0 && second == nil:
			made.steps = slices.Concat(c.good, c.ambiguous)
			made.description += " No pod is refused there by this rule alone, so any of those that refuse it may speak."
			second, out.disagrees = &made, c.disagrees
		case r.Profile != policy.Other: // others may well not be bound
			out.why = "no sample that it refuses can be created"
		}
	}
	if second != nil {
		out.tests = []test{*second}
	}
	return out, nil
}

// describe says what a test of a rule shows.
func (w *world) describe(r Rule, p place) string {
	kind := "Rule " + r.Name + " of profile " + string(r.Profile)
	if r.Profile == policy.Other {
		kind = "Rule " + r.Name + " of no profile"
	}
	return kind + ": what it allows is created, what it forbids is refused in its words. " + p.describe()
}

// describe says of what kind the namespace of a test is.
func (p place) describe() string {
	switch {
	case p.labels != nil:
		return "In a namespace with labels as in production."
	case p.key == "":
		return "In a namespace that no key of the values matches."
	case p.shared():
		return "In namespace " + p.key + ", as in production."
	default:
		return "In a namespace of the key " + p.key + "."
	}
}
