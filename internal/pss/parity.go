package pss

import (
	"cmp"
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// deviations compares the rules of a control with the standard, on every probe.
// The control must be held in full by its rules of its own profile; what any of
// its rules refuses beyond its controls is held against it too.
func (b *versionResults) deviations(c Info, rules []rated) []Deviation {
	rules = holding(rules, c.ID)
	own := ofProfile(rules, c.Profile)
	var out []Deviation
	for i, p := range b.probes {
		if b.alone[c.ID][i] {
			if !anyRefuses(own, i) {
				out = append(out, Deviation{Probe: p})
			}
			continue
		}
		var by []string
		for _, r := range rules {
			if b.overreaches(r, i) && blames(p, r, c.ID) {
				by = append(by, r.Name)
			}
		}
		if len(by) > 0 {
			out = append(out, Deviation{Probe: p, Refused: true, Rules: by})
		}
	}
	slices.SortStableFunc(out, func(x, y Deviation) int {
		return cmp.Compare(remoteness(x.Probe, c.ID), remoteness(y.Probe, c.ID))
	})
	return out
}

// remoteness orders probes by how well they show what is wrong with a control:
// steps made for it, then shapes that are odd in its respect, then the rest.
func remoteness(p Probe, id policy.Control) int {
	switch {
	case !slices.Contains(p.About, id):
		return 2
	case p.isShape:
		return 1
	default:
		return 0
	}
}

// overreaches tells whether the rule refuses a probe that none of its controls
// does.
func (b *versionResults) overreaches(r rated, i int) bool {
	return r.refuses[i] && !slices.ContainsFunc(r.Controls, func(id policy.Control) bool { return b.alone[id][i] })
}

// blames tells whether a probe that rule r should have admitted counts against
// the control: the one it was made for, where r has it, else all of r's.
func blames(p Probe, r rated, id policy.Control) bool {
	return slices.Contains(p.About, id) || !slices.ContainsFunc(p.About, r.has)
}

// strays gives the probes on which all rules of a profile together and PSA for
// that profile differ.
func (b *versionResults) strays(profile policy.Profile, rules []rated) []Probe {
	applying := filter(rules, func(r rated) bool { return applies(r.Profile, profile) })
	var out []Probe
	for i, p := range b.probes {
		if anyRefuses(applying, i) != (len(b.labels[profile][i]) > 0) {
			out = append(out, p)
		}
	}
	return out
}

// applies tells whether rules of one profile judge pods that are held to
// another: restricted includes baseline.
func applies(rules, held policy.Profile) bool {
	return rules == held || (rules == policy.Baseline && held == policy.Restricted)
}
