package pss

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// fix is a set of controls that hang together by shared rules, of which one at
// least is not held as the standard has it, with the rules that were given for
// them and the built-in ones that hold them all.
type fix struct {
	controls []policy.Control
	given    []rated
	builtin  []rated
}

// outcome is what a fix, or a part of it, comes to.
type outcome struct {
	rules    []rated // that enforce the controls now
	replaced []rated // given; the name stays, the text is built in
	dropped  []rated // given; not needed beside what replaced the others
	added    []rated // built in, under their own names
}

// fixes gathers what has to be replaced together. A rule of several controls is
// replaced for all of them, since half of it cannot be.
func (b *versionResults) fixes(faulty []policy.Control, given, builtin []rated) ([]fix, error) {
	var out []fix
	var done []policy.Control
	var errs []error
	for _, id := range faulty {
		if slices.Contains(done, id) {
			continue
		}
		f := closure(id, given)
		done = append(done, f.controls...)
		f.builtin = sharing(builtin, f.controls)
		for _, c := range f.controls {
			if len(holding(f.builtin, c)) == 0 {
				errs = append(errs, fmt.Errorf("correct control %s: the built-in library has no rule for it", c))
			}
		}
		for _, r := range f.builtin {
			for _, c := range r.Controls {
				if !slices.Contains(f.controls, c) {
					errs = append(errs, fmt.Errorf("correct control %s: built-in rule %s holds %s too", id, r.Name, c))
				}
			}
		}
		out = append(out, f)
	}
	return out, errors.Join(errs...)
}

// closure follows the control's rules to their other controls, and so on.
func closure(id policy.Control, given []rated) fix {
	f := fix{controls: []policy.Control{id}}
	for {
		f.given = sharing(given, f.controls)
		grown := false
		for _, r := range f.given {
			for _, c := range r.Controls {
				if !slices.Contains(f.controls, c) {
					f.controls, grown = append(f.controls, c), true
				}
			}
		}
		if !grown {
			return f
		}
	}
}

// sharing gives the rules that have one of the controls at least.
func sharing(rules []rated, controls []policy.Control) []rated {
	return filter(rules, func(r rated) bool { return slices.ContainsFunc(controls, r.has) })
}

// apply puts the built-in rules in the place of the given ones. A replacement
// that refuses what was refused before, and nothing else, is an error: it
// corrects nothing. At an older version it may, to keep to the names of the
// newest.
func (a *assessment) apply(f fix) (outcome, error) {
	var out outcome
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		part, err := a.swap(ofProfile(f.given, profile), ofProfile(f.builtin, profile))
		if err != nil {
			return outcome{}, fmt.Errorf("correct control %s: %w", f.controls[0], err)
		}
		out.rules = append(out.rules, part.rules...)
		out.replaced = append(out.replaced, part.replaced...)
		out.dropped = append(out.dropped, part.dropped...)
		out.added = append(out.added, part.added...)
	}
	if a.newest == nil && len(f.given) > 0 && a.alike(f.given, out.rules) {
		return outcome{}, fmt.Errorf("correct control %s: the built-in rules change no verdict", f.controls[0])
	}
	return out, nil
}

// swap replaces rules of one profile. Names in use stay in use: a built-in rule
// takes the place of its namesake, and those without one are merged under the
// first name that has none.
func (a *assessment) swap(given, builtin []rated) (outcome, error) {
	var out outcome
	var rest []rated
	for _, w := range builtin {
		i := slices.IndexFunc(given, func(g rated) bool { return g.Name == w.Name })
		switch {
		case i < 0:
			rest = append(rest, w)
		case slices.Equal(given[i].refuses, w.refuses):
			out.rules = append(out.rules, given[i])
		default:
			out.replace(given[i], w)
		}
	}
	unnamed := filter(given, func(g rated) bool {
		return !slices.ContainsFunc(builtin, func(w rated) bool { return w.Name == g.Name })
	})
	switch {
	case len(rest) == 0:
		out.dropped = unnamed
	case len(unnamed) == 0:
		out.rules, out.added = append(out.rules, rest...), append(out.added, rest...)
	default:
		// At every version this is the name that the newest found here.
		merged, err := a.merged(unnamed[0].Name, rest)
		if err != nil {
			return outcome{}, err
		}
		out.replace(unnamed[0], merged)
		out.dropped = unnamed[1:]
	}
	return out, nil
}

// replace puts a built-in rule under the name of another.
func (o *outcome) replace(g, by rated) {
	o.rules = append(o.rules, by)
	if g.lends == nameOnly {
		o.added = append(o.added, by)
		return
	}
	o.replaced = append(o.replaced, g)
}

// merged gives the rules as one, judged anew where it is a text of its own.
func (a *assessment) merged(name string, rules []rated) (rated, error) {
	if len(rules) == 1 {
		r := rules[0]
		r.Name = name
		return r, nil
	}
	var texts []policy.Rule
	for _, r := range rules {
		texts = append(texts, r.Rule)
	}
	rule, err := merge(name, texts)
	if err != nil {
		return rated{}, err
	}
	anew, err := a.rate([]policy.Rule{rule}, a.judge)
	if err != nil {
		return rated{}, err
	}
	return anew[0], nil
}

// alike tells whether two sets of rules give every probe the same verdict, in
// either profile.
func (b *versionResults) alike(x, y []rated) bool {
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		inProfile := func(r rated) bool { return applies(r.Profile, profile) }
		xs, ys := filter(x, inProfile), filter(y, inProfile)
		for i := range b.probes {
			if anyRefuses(xs, i) != anyRefuses(ys, i) {
				return false
			}
		}
	}
	return true
}
