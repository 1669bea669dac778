package pss

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// AssessAll assesses the rules by every version of the standard, one for each of
// Breakpoints in their order; the last is what Assess gives for Latest. builtin
// gives the built-in library of a version. Of in, neither Version nor Builtin is
// read. A rule that several versions hold is judged once.
//
// What a rule is, is said by the newest version: its name, its profile, whether
// it is an addition, and which controls it enforces. At an older one it
// enforces those of its controls that were held by then, and without any it is
// not among the version's rules. Rules of no profile are the same everywhere.
//
// Strict mode decides for each version by itself: the rules given where they are
// at parity, else the built-in ones of that version, under the names that the
// newest version has. So a name means the same controls at every version.
func AssessAll(in Input, builtin func(version string) ([]policy.Rule, error)) ([]Assessment, error) {
	versions := Breakpoints()
	libraries := make([][]policy.Rule, len(versions))
	everything := judged(in.Rules)
	for i, v := range versions {
		rules, err := builtin(v)
		if err != nil {
			return nil, fmt.Errorf("read built-in rules of %s: %w", v, err)
		}
		libraries[i] = rules
		if in.Strict {
			everything = append(everything, rules...)
		}
	}
	known := in.Known
	if known == nil {
		known = NewKnown()
	}
	d := &verdictCache{in.Refuses, known.verdicts}
	// All at once: a judge takes time to be made, and to see the probes.
	if _, err := d.refuses(everything, known.probes.pods); err != nil {
		return nil, err
	}
	out := make([]Assessment, len(versions))
	var newest *assessment
	for i, v := range slices.Backward(versions) {
		b, err := known.probes.at(v)
		if err != nil {
			return nil, err
		}
		a := &assessment{versionResults: b, in: in, judge: d.refuses, newest: newest}
		a.in.Version, a.in.Builtin = v, libraries[i]
		if newest == nil {
			newest = a
			err = a.take()
		} else {
			a.carry()
		}
		if err == nil {
			err = a.finish()
		}
		if err != nil {
			return nil, fmt.Errorf("assess by %s: %w", v, err)
		}
		out[i] = a.report()
	}
	return out, nil
}

// carry takes the rules as the newest version has rated them.
func (a *assessment) carry() {
	for _, r := range a.newest.given {
		r.Controls = a.held(r.Controls)
		if len(r.Controls) > 0 {
			a.given = append(a.given, r)
		}
	}
	a.final = a.given
	a.others, a.additions = a.newest.others, a.newest.additions
}

// held gives those of the controls that this version holds.
func (a *assessment) held(controls []policy.Control) []policy.Control {
	var out []policy.Control
	for _, id := range controls {
		if a.alone[id] != nil {
			out = append(out, id)
		}
	}
	return out
}

// replaceable gives the rules that built-in ones can take the place of. At an
// older version these are, for their names, also the rules that the newest
// version brought in; and what it dropped has no name to give.
func (a *assessment) replaceable() []rated {
	if a.newest == nil {
		return a.given
	}
	out := slices.Clone(a.given)
	for i := range out {
		out[i].lends = textOnly
	}
	for _, n := range a.newest.final {
		controls := a.held(n.Controls)
		i := slices.IndexFunc(out, func(r rated) bool { return r.Name == n.Name })
		switch {
		case i >= 0:
			out[i].lends = nameAndText
			out[i].Controls = union(out[i].Controls, controls)
		case len(controls) > 0:
			n.Controls, n.refuses, n.lends = controls, nil, nameOnly
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(x, y rated) int { return cmp.Compare(x.Name, y.Name) })
	return out
}

func union(a, b []policy.Control) []policy.Control {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}
