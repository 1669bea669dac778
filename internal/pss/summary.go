package pss

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// report turns what was done into what is told.
func (a *assessment) report() Assessment {
	out := Assessment{Version: a.in.Version, Rules: a.rules(), Additions: slices.Clone(a.additions)}
	slices.SortFunc(out.Additions, func(x, y Addition) int { return cmp.Compare(x.Rule, y.Rule) })
	for _, c := range a.oracle.Controls() {
		out.Controls = append(out.Controls, a.reportOn(c))
	}
	for i, r := range out.Rules {
		out.Rules[i].Corrects = a.corrects(r, out.Controls)
	}
	return out
}

// corrects says why a rule stands in the place of what was given for its controls;
// empty where it was given itself, or where the built-in library was.
func (a *assessment) corrects(r policy.Rule, controls []ControlReport) string {
	if !a.builtin(r) || slices.ContainsFunc(a.in.Rules, a.builtin) {
		return ""
	}
	var why []string
	for _, c := range controls {
		if slices.Contains(r.Controls, c.ID) && c.Corrected() {
			why = append(why, fmt.Sprintf("%s: %s", c.ID, c.Why()))
		}
	}
	return strings.Join(why, "; ")
}

// builtin tells whose rule it is, by the pin that the built-in ones bear.
func (a *assessment) builtin(r policy.Rule) bool {
	return slices.ContainsFunc(a.in.Builtin, func(b policy.Rule) bool { return b.Origin.Pin == r.Origin.Pin })
}

func (a *assessment) reportOn(c Info) ControlReport {
	now, before := holding(a.final, c.ID), holding(a.given, c.ID)
	r := ControlReport{
		Info:       c,
		Rules:      names(now),
		Source:     a.source(now),
		Deviations: a.found[c.ID],
		unheld:     len(before) == 0,
	}
	left := a.deviations(c, a.final)
	r.Tried, r.Wrong = a.tried(c.ID, slices.Concat(r.Deviations, left)), len(left)
	for _, o := range a.outcomes {
		r.Replaced = append(r.Replaced, names(holding(o.replaced, c.ID))...)
		r.Dropped = append(r.Dropped, names(holding(o.dropped, c.ID))...)
		r.Added = append(r.Added, names(holding(o.added, c.ID))...)
	}
	if r.Corrected() && len(r.Deviations) == 0 {
		r.Shares = names(filter(before, func(g rated) bool { return len(g.Controls) > 1 }))
	}
	if len(now) == 0 {
		r.CoveredBy = a.covering(c)
	}
	return r
}

// tried counts the probes that a control refuses, those made for it, and those on
// which it deviates.
func (a *assessment) tried(id policy.Control, found []Deviation) int {
	n := 0
	for i, p := range a.probes {
		deviates := slices.ContainsFunc(found, func(d Deviation) bool { return d.Probe.Name == p.Name })
		if a.alone[id][i] || slices.Contains(p.About, id) || deviates {
			n++
		}
	}
	return n
}

// source tells whose rules they are.
func (a *assessment) source(rules []rated) Source {
	builtin := 0
	for _, r := range rules {
		if a.builtin(r.Rule) {
			builtin++
		}
	}
	switch builtin {
	case len(rules):
		if len(rules) == 0 {
			return FromNobody
		}
		return FromBuiltin
	case 0:
		return FromUpstream
	default:
		return Mixed
	}
}

// covering gives the rules of other controls that between them refuse all that
// this one does, as a baseline rule stricter than the standard can; none where
// they leave something out.
func (a *assessment) covering(c Info) []string {
	applying := filter(a.final, func(r rated) bool { return applies(r.Profile, c.Profile) })
	covers := func(r rated) bool {
		for i, refused := range a.alone[c.ID] {
			if refused && r.refuses[i] {
				return true
			}
		}
		return false
	}
	for i, refused := range a.alone[c.ID] {
		if refused && !anyRefuses(applying, i) {
			return nil
		}
	}
	return names(filter(applying, covers))
}

// names gives the names of rules, sorted.
func names(rules []rated) []string {
	out := make([]string, 0, len(rules))
	for _, r := range rules {
		out = append(out, r.Name)
	}
	slices.Sort(out)
	return out
}
