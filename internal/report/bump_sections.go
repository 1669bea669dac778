package report

import (
	"fmt"
	"strings"

	"github.com/vapchart/vapchart/internal/bump"
	"github.com/vapchart/vapchart/internal/term"
)

// section is a part of the report: a word for it, a line, and what there is to it.
type section struct {
	title, head string
	items       []string
}

// bumpSections gives the report part by part; what has nothing to tell is left out.
func bumpSections(b bump.Result) []section {
	var out []section
	out = append(out, section{title: "upstream", head: fmt.Sprintf("%s -> %s: %s", b.Present.Pin, b.Next.Pin, counted(b.Upstream)), items: bumpDifferences(b.Upstream)})
	chart := section{title: "chart", head: counted(b.Chart), items: bumpDifferences(b.Chart)}
	if b.Chart.Kind() == bump.Same && b.Upstream.Kind() != bump.Same && b.Strict {
		chart.head = "as it was: built-in rules stand where upstream's differ from the standard"
	} else if alikeDiffs(b.Chart, b.Upstream) {
		chart.head, chart.items = counted(b.Chart)+", as upstream", nil
	}
	out = append(out, chart)
	add := func(title, head string, items []string) {
		if len(items) > 0 {
			out = append(out, section{title: title, head: head, items: items})
		}
	}
	var follow []string
	for _, f := range b.Follow {
		line := fmt.Sprintf("%s:%d: %s", f.File, f.Line, named(f.Rule, f.To))
		if f.Text != f.Rule {
			line += ", in " + term.OneLine(f.Text)
		}
		follow = append(follow, line+in(f.Clusters))
	}
	add("follow", "files by hand that name rules which are no longer called so", follow)
	var labels []string
	for _, l := range b.Labelled {
		for _, label := range l.Labels {
			labels = append(labels, fmt.Sprintf("%s: %s", l.Scene, named(label.From, label.To)))
		}
	}
	add("labels", "of namespaces that have to follow, where they are in use", labels)
	add("patches", "that do not fit both versions; verdicts are told without those of the same cluster", b.Patches)
	for _, c := range []struct {
		title, head string
		list        []bump.ControlChange
	}{
		{"gained", "controls that upstream has a rule for now", b.Controls.Gained},
		{"lost", "controls that upstream has no rule for any more", b.Controls.Lost},
		{"needless", "corrections that are needed no more", b.Controls.Needless},
		{"needed", "corrections that were not needed before", b.Controls.Needed},
	} {
		var items []string
		for _, control := range c.list {
			items = append(items, strings.TrimSuffix(fmt.Sprintf("%-27s %s", control.Control, control.Why), " "))
		}
		add(c.title, c.head, items)
	}
	add("stale", "has an effect now and none with the next version", staleLines(b))
	out = append(out, bumpCost(b))
	return append(out, bumpVerdictSections(b)...)
}

// staleLines names the exceptions and excludes that lose their effect.
func staleLines(b bump.Result) []string {
	var stale []string
	for _, s := range b.Stale {
		what := "exception " + s.Exception
		switch {
		case s.Rule != "":
			what = "excluded rule " + s.Rule
		case s.Control != "":
			what = "excluded control " + s.Control
		}
		stale = append(stale, fmt.Sprintf("%s:%d: %s of %s%s", s.File, s.Line, what, s.Key, in(s.Scenes)))
	}
	return stale
}

// bumpVerdictSections tells of the clusters where verdicts change, and in one line of all
// others.
func bumpVerdictSections(b bump.Result) []section {
	var out []section
	var same unchanged
	for _, v := range b.Verdicts {
		if len(v.Changes)+len(v.Corpus.Changes) == 0 {
			same = append(same, v)
			continue
		}
		s := section{title: "verdicts", head: fmt.Sprintf("%s: %s: %s", strings.Join(v.Scenes, ", "), bump.Result{Verdicts: []bump.Verdicts{v}}.Sentence(), unchanged{v}.by())}
		for _, g := range bump.Grouped(v) {
			s.items = append(s.items, g.String())
		}
		for _, c := range v.Corpus.Changes {
			namespace := ""
			if c.Namespace != "" {
				namespace = " in " + c.Namespace
			}
			s.items = append(s.items, fmt.Sprintf("%s%s: %s/%s (%s:%d), rule %s", c.Direction, namespace, c.Kind, c.Name, c.File, c.Line, strings.Join(c.Rules, " and ")))
		}
		out = append(out, s)
	}
	if len(same) > 0 {
		var names []string
		for _, v := range same {
			names = append(names, v.Scenes...)
		}
		out = append(out, section{title: "verdicts", head: fmt.Sprintf("%s: unchanged: %s", strings.Join(names, ", "), same.by())})
	}
	return out
}

// unchanged is what several clusters were asked.
type unchanged []bump.Verdicts

// by says by how much that was judged; clusters may differ in that.
func (u unchanged) by() string {
	span := func(count func(bump.Verdicts) int, one, many string) string {
		least, most := count(u[0]), count(u[0])
		for _, v := range u {
			least, most = min(least, count(v)), max(most, count(v))
		}
		if least < most {
			return fmt.Sprintf("%d to %s", least, term.Count(most, one, many))
		}
		return term.Count(most, one, many)
	}
	out := span(func(v bump.Verdicts) int { return v.Samples }, "pod", "pods") + " in " +
		span(func(v bump.Verdicts) int { return v.Places }, "kind of namespace", "kinds of namespaces")
	if n := u[0].Corpus.Objects; n > 0 {
		out += " and " + term.Count(n, "manifest", "manifests")
	}
	return out
}

func bumpCost(b bump.Result) section {
	s := section{title: "cost", head: fmt.Sprintf("of a pod at most %d units of CEL, was %d", b.Cost.After, b.Cost.Before)}
	if b.Cost.After == b.Cost.Before {
		s.head = fmt.Sprintf("of a pod at most %d units of CEL, as before", b.Cost.After)
	}
	const shown = 5
	for i, c := range b.Cost.Changed {
		if i == shown {
			s.items = append(s.items, fmt.Sprintf("and %s more", term.Count(len(b.Cost.Changed)-shown, "policy", "policies")))
			break
		}
		s.items = append(s.items, fmt.Sprintf("%s: %d, was %d", c.Policy, c.After, c.Before))
	}
	return s
}

// bumpDifferences tells of the rules that differ, one on a line.
func bumpDifferences(d bump.Diff) []string {
	var out []string
	for _, name := range d.Added {
		out = append(out, "added "+name)
	}
	for _, name := range d.Removed {
		out = append(out, "removed "+name)
	}
	for _, r := range d.Renamed {
		out = append(out, fmt.Sprintf("renamed %s -> %s: %s", r.From, r.To, r.Why))
	}
	for _, kind := range []bump.Kind{bump.Meaning, bump.Message, bump.Formatting} {
		for _, c := range d.Changed {
			if c.Kind == kind {
				out = append(out, fmt.Sprintf("%s %s: %s", kind, c.Rule, strings.Join(c.Parts, ", ")))
			}
		}
	}
	return out
}

// counted gives how many rules differ, and how.
func counted(d bump.Diff) string {
	var parts []string
	add := func(n int, word string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	add(len(d.Added), "added")
	add(len(d.Removed), "removed")
	add(len(d.Renamed), "renamed")
	for _, kind := range []bump.Kind{bump.Meaning, bump.Message, bump.Formatting} {
		n := 0
		for _, c := range d.Changed {
			if c.Kind == kind {
				n++
			}
		}
		add(n, "changed in "+string(kind))
	}
	add(d.Kept, "unchanged")
	if len(parts) == 0 {
		return "no rules"
	}
	return "rules: " + strings.Join(parts, ", ")
}

func alikeDiffs(a, b bump.Diff) bool {
	return strings.Join(bumpDifferences(a), "\n") == strings.Join(bumpDifferences(b), "\n")
}

func named(from, to string) string {
	if to == "" {
		return from + " is gone"
	}
	return from + " is now " + to
}

func in(clusters []string) string {
	if len(clusters) == 0 {
		return ""
	}
	return " (" + strings.Join(clusters, ", ") + ")"
}
