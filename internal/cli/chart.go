package cli

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/tree"
)

// chartInput gathers what the chart is made from. The rules are converted once
// more, since only now their controls and profiles are known.
func chartInput(p projectRules, folder string) (chart.Input, error) {
	in := chart.Input{
		Name: p.plan.Chart.Name, Version: p.plan.Chart.Version, Folder: folder, Pin: p.pin, Kubernetes: p.kubernetes,
		License: p.vendored["LICENSE"], LeftOut: p.upstream.leftOut,
	}
	var err error
	if in.Rules, err = chartRules(p.library.checker, p.editions, p.upstream.converted); err != nil {
		return in, err
	}
	facts, err := coverageOf(p)
	if err != nil {
		return in, err
	}
	var table bytes.Buffer
	if err := facts.Markdown(&table); err != nil {
		return in, err
	}
	in.Coverage = table.Bytes()
	a := newest(p.editions)
	for _, c := range a.Controls {
		in.Controls = append(in.Controls, c.ID)
		note := chart.Note{Control: string(c.ID), Why: c.Why()}
		switch {
		case c.Corrected():
			note.Rule = strings.Join(slices.Concat(c.Replaced, c.Added, c.Dropped), ", ")
			in.Corrections = append(in.Corrections, note)
		case len(c.Deviations) > 0 || c.Gap():
			note.Rule = strings.Join(c.Rules, ", ")
			in.Deviations = append(in.Deviations, note)
		}
	}
	return in, nil
}

// proveChart lints the chart and checks what it renders: with its own values, by
// labels, and with everything at once that values can ask for, so that every
// piece of CEL that the templates put together is compiled here and not first in
// a cluster. Values of the operator are tried as well.
func proveChart(ctx context.Context, plan config.Plan, in chart.Input, made tree.Tree, values map[string]any, checker *admission.Checker) error {
	newest := admission.Newest()
	other := map[string]any{}
	for _, r := range in.Rules {
		if r.Rule.Profile == policy.Other {
			other[r.Rule.Name] = map[string]any{"actions": []any{"Warn"}}
		}
	}
	everything := map[string]any{
		"defaults":    map[string]any{"profile": "restricted", "warn": "restricted", "audit": "restricted"},
		"controllers": "deny",
		"namespaces":  map[string]any{"a": map[string]any{"exceptions": []any{"all"}}, "b-*": map[string]any{"profile": "baseline"}},
		"exceptions":  map[string]any{"all": in.Everything()},
		"exemptions":  map[string]any{"users": []any{"u"}, "groups": []any{"g"}, "runtimeClasses": []any{"r"}},
		"other":       other,
	}
	proofs := []func() error{
		func() error { return chart.Lint(ctx, plan.Chart.Name, made, values, newest) },
		func() error { return checkRendered(checker, made, values, newest, nil) },
		func() error {
			return checkRendered(checker, made, map[string]any{"namespaceBinding": "label"}, newest, nil)
		},
		func() error {
			return checkRendered(checker, made, everything, newest, []string{in.Kubernetes, newest})
		},
	}
	errs := make([]error, len(proofs))
	var work sync.WaitGroup
	for i, prove := range proofs {
		work.Go(func() { errs[i] = prove() })
	}
	work.Wait()
	// What the linter finds keeps the chart from rendering at all.
	if errs[0] != nil {
		return errs[0]
	}
	return errors.Join(errs...)
}

// checkRendered renders the chart and checks the objects.
func checkRendered(checker *admission.Checker, made tree.Tree, values map[string]any, kubernetes string, versions []string) error {
	objs, err := renderObjects(made, values, kubernetes)
	if err != nil {
		return err
	}
	return checkObjects(checker, objs, versions)
}

// checkObjects holds every object to the API's limits, and to the compilers of
// the API servers of the given versions.
func checkObjects(checker *admission.Checker, objs *admission.Objects, versions []string) error {
	found, err := checker.Check(objs, versions)
	errs := []error{err}
	for _, f := range found {
		errs = append(errs, f)
	}
	return errors.Join(errs...)
}

func summarize(in chart.Input, read ruleSet, a pss.Assessment) report.Build {
	out := report.Build{
		Pin: in.Pin, Read: len(read.converted), LeftOut: in.LeftOut, Folder: in.Folder, Version: in.Version,
		Rules: map[policy.Profile]int{},
	}
	for _, o := range in.Rules {
		out.Rules[o.Rule.Profile]++
	}
	for _, add := range a.Additions {
		out.Additions = append(out.Additions, add.Rule)
	}
	out.Corrected, out.Deviates = lines(in.Corrections), lines(in.Deviations)
	return out
}

func lines(notes []chart.Note) []report.Line {
	var out []report.Line
	for _, n := range notes {
		out = append(out, report.Line{Control: policy.Control(n.Control), Rule: n.Rule, Why: n.Why})
	}
	return out
}
