package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/tree"
)

// chartInput gathers what the chart is made from. The rules are converted once
// more, since only now their controls and profiles are known.
func chartInput(plan config.Plan, folder string, pin policy.Pin, vendored tree.Tree, a pss.Assessment, leftOut []*policy.Unsupported) (chart.Input, error) {
	final, err := convert.All(a.Rules)
	in := chart.Input{
		Name: plan.Chart.Name, Version: plan.Chart.Version, Folder: folder, Pin: pin,
		Rules: final, License: vendored["LICENSE"], LeftOut: leftOut,
	}
	for _, c := range a.Controls {
		note := chart.Note{Control: string(c.ID), Why: c.Why()}
		switch {
		case c.Corrected():
			note.Rule = strings.Join(append(append(append([]string{}, c.Replaced...), c.Added...), c.Dropped...), ", ")
			in.Corrections = append(in.Corrections, note)
		case len(c.Deviations) > 0 || c.Gap():
			note.Rule = strings.Join(c.Rules, ", ")
			in.Deviations = append(in.Deviations, note)
		}
	}
	return in, err
}

// proveChart lints and renders the chart and checks what it renders: with its
// own values, and with every rule of no profile bound.
func proveChart(ctx context.Context, plan config.Plan, in chart.Input, made tree.Tree) error {
	newest := admission.Newest()
	if err := chart.Lint(ctx, plan.Chart.Name, made, nil, newest); err != nil {
		return err
	}
	other := map[string]any{}
	for _, o := range in.Rules {
		if o.Rule.Profile == policy.Other {
			other[o.Rule.Name] = map[string]any{"actions": []any{"Warn"}}
		}
	}
	var errs []error
	for _, values := range []map[string]any{nil, {"other": other}} {
		errs = append(errs, checkRendered(made, values, newest))
	}
	return errors.Join(errs...)
}

// checkRendered renders the chart and holds every object to the API's limits.
// Their CEL has been compiled already, as that of the rules.
func checkRendered(made tree.Tree, values map[string]any, kubernetes string) error {
	rendered, err := chart.Render(made, values, chart.Release{Name: "pod-security", Namespace: "pod-security", Kubernetes: kubernetes})
	if err != nil {
		return err
	}
	objs, err := admission.Load(rendered.Objects)
	if err != nil {
		return fmt.Errorf("check chart: %w", err)
	}
	found, err := admission.Check(objs, nil)
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
