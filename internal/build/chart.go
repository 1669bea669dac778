package build

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/tree"
)

// ChartInput gathers what the chart is made from. The rules are converted once
// more, since only now their controls and profiles are known.
func ChartInput(p rules.Project, folder string) (chart.Input, error) {
	in := chart.Input{
		Name: p.Plan.Chart.Name, Version: p.Plan.Chart.Version, Folder: folder, Pin: p.Pin, Kubernetes: p.Kubernetes,
		License: p.Vendored["LICENSE"], LeftOut: p.Upstream.LeftOut,
	}
	var err error
	if in.Rules, err = rules.ChartRules(p.Library.Checker, p.Editions, p.Upstream.Converted); err != nil {
		return in, err
	}
	facts, err := rules.CoverageOf(p)
	if err != nil {
		return in, err
	}
	var table bytes.Buffer
	if err := facts.Markdown(&table); err != nil {
		return in, err
	}
	in.Coverage = table.Bytes()
	a := rules.Newest(p.Editions)
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

// ProveChart lints the chart and checks what it renders: with its own values, by
// labels, and with everything at once that values can ask for, so that every
// piece of CEL that the templates put together is compiled here and not first in
// a cluster. Values of the operator are tried as well.
func ProveChart(ctx context.Context, plan project.Plan, in chart.Input, made tree.Tree, values map[string]any, checker *admission.Checker) error {
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
		func() error { return cluster.CheckRendered(checker, made, values, newest, nil) },
		func() error {
			return cluster.CheckRendered(checker, made, map[string]any{"namespaceBinding": "label"}, newest, nil)
		},
		func() error {
			return cluster.CheckRendered(checker, made, everything, newest, []string{in.Kubernetes, newest})
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

func summarize(in chart.Input, read rules.Set, a pss.Assessment) Result {
	out := Result{
		Pin: in.Pin, Read: len(read.Converted), LeftOut: in.LeftOut, Folder: in.Folder, Version: in.Version,
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

func lines(notes []chart.Note) []ControlLine {
	var out []ControlLine
	for _, n := range notes {
		out = append(out, ControlLine{Control: policy.Control(n.Control), Rule: n.Rule, Why: n.Why})
	}
	return out
}
