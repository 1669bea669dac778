package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/psa"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/values"
)

// compare judges pods by the labels and by the values. Namespaces of the same labels
// in which the values hold the same are one place, and one more has no labels.
func (i *importer) compare(ctx context.Context, meanings []Meaning, pods []sample.Sample) (compare.Verdicts, error) {
	covered, who := map[string][]string{}, map[string][]string{}
	var all []compare.Place
	first := map[string]string{}
	for _, m := range meanings {
		n := m.Namespace
		same := i.scheme.Sign(n) + i.after.whole.ByName(n.Name).Key()
		if _, ok := first[same]; !ok {
			first[same] = n.Name
			covered[n.Name] = m.Covered
			all = append(all, compare.Place{Name: n.Name, Before: n.Map(), After: n.Map()})
		}
		who[first[same]] = append(who[first[same]], n.Name)
	}
	for at, place := range all {
		all[at].For = term.Some(who[place.Name])
	}
	if name, ok := values.NameFor("", i.after.whole, i.before.whole); ok && !slices.ContainsFunc(i.namespaces, func(n Namespace) bool { return n.Name == name }) {
		all = append(all, compare.Place{Name: name, For: "namespaces without labels that no key matches"})
	}
	before, err := i.before.asNow(covered)
	if err != nil {
		return compare.Verdicts{}, err
	}
	changes, err := compare.Compare(ctx, before, i.after.judge, all, pods)
	return compare.Verdicts{Comparison: changes}, err
}

// shadowed gives a finding for every namespace where Pod Security Admission refuses,
// by labels that were left there, what an exception of the values allows.
func (i *importer) shadowed(ctx context.Context, meanings []Meaning) ([]Finding, error) {
	var in []psa.Namespace
	for _, m := range meanings {
		in = append(in, psa.Namespace{Name: m.Namespace.Name, Labels: m.Namespace.Map(), Exceptions: m.Exceptions})
	}
	found, err := psa.Find(ctx, i.after.judge, i.target.kubernetes, in, i.before.tries)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, f := range found.Shadowed {
		at := slices.IndexFunc(i.namespaces, func(n Namespace) bool { return n.Name == f.Namespace })
		n := i.namespaces[at]
		line := n.Line
		for _, l := range n.Labels {
			if l.Key == f.Label {
				line = l.Line
			}
		}
		out = append(out, Finding{File: n.File, Namespace: n.Name, Line: line, Hint: "take the label away, or kubectl label namespace NAME " + f.Label + "=privileged --overwrite; the policies hold the profile there",
			Text: fmt.Sprintf("label %s=%s refuses what exception %s allows: a pod %s", f.Label, f.Value, f.Exception, strings.Join(f.Allows, ", a pod "))})
	}
	return out, nil
}

// conclude gives what a run ends with: every finding, those of one label in many
// namespaces as one, and that verdicts change.
func (i *importer) conclude(found []Finding, changes compare.Verdicts) error {
	type key struct {
		file, text string
		line       int
	}
	who := map[key][]string{}
	var order []Finding
	for _, f := range found {
		k := key{f.File, f.Text, f.Line}
		if who[k] == nil {
			order = append(order, f)
		}
		who[k] = append(who[k], f.Namespace)
	}
	slices.SortStableFunc(order, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	errs := make([]error, 0, len(order)+1)
	for _, f := range order {
		at := &manifest.Error{File: f.File, Line: f.Line, Msg: fmt.Sprintf("%s: %s", term.Some(who[key{f.File, f.Text, f.Line}]), f.Text)}
		errs = append(errs, policy.WithHint(term.Finding(fmt.Errorf("import labels: %w", at)), f.Hint))
	}
	if n := len(changes.Changes); n > 0 {
		errs = append(errs, term.Finding(fmt.Errorf("import labels: %s", term.Count(n, "kind of pod gets another verdict", "kinds of pods get another verdict"))))
	}
	return errors.Join(errs...)
}
