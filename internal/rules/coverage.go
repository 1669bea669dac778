package rules

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/term"
)

// Cover names the stages.
func Cover(ctx context.Context, p *project.Project, skipUnsupported bool, fixtures string) (Coverage, error) {
	in, err := ReadProject(ctx, p, skipUnsupported)
	if err != nil {
		return Coverage{}, err
	}
	facts, err := CoverageOf(in)
	if err != nil || fixtures == "" {
		return facts, err
	}
	all, err := readFixtures(fixtures)
	if err != nil {
		return facts, err
	}
	return facts, countFixtures(ctx, in.Editions, all, &facts)
}

// GapsIn is the finding that controls are not held; nil where all are.
func GapsIn(facts Coverage) error {
	var errs []error
	for _, gap := range facts.Gaps() {
		errs = append(errs, fmt.Errorf("cover control %s since %s: %s", gap.Control, gap.Since, gap.Wrong()))
	}
	if len(errs) > 0 {
		return term.Finding(errors.Join(errs...))
	}
	return nil
}

// CoverageOf gives the facts: for each control a row for each run of versions in
// which the same holds.
func CoverageOf(in Project) (Coverage, error) {
	out := Coverage{Source: in.Pin.String(), Standard: string(in.Plan.Standard)}
	for _, info := range pss.Controls() {
		var rows []Covered
		for i, e := range in.Editions {
			c := slices.IndexFunc(e.assessed.Controls, func(c pss.ControlReport) bool { return c.ID == info.ID })
			if c < 0 {
				continue // not held yet
			}
			row, err := covered(e.assessed.Controls[c])
			if err != nil {
				return out, err
			}
			if in.Pin.Builtin() {
				row.Upstream = nil // it is the newest revision of the library itself
			}
			row.Since = e.version
			if i+1 < len(in.Editions) {
				row.Until = in.Editions[i+1].version
			}
			if n := len(rows) - 1; n >= 0 && sameBut(rows[n], row) {
				rows[n].Until = row.Until
				continue
			}
			rows = append(rows, row)
		}
		out.Controls = append(out.Controls, rows...)
	}
	return out, nil
}

// sameBut tells whether two rows differ in nothing but their versions.
func sameBut(a, b Covered) bool {
	a.Since, a.Until = b.Since, b.Until
	return reflect.DeepEqual(a, b)
}

func covered(c pss.ControlReport) (Covered, error) {
	out := Covered{
		Control: c.ID, Title: c.Title, Profile: c.Profile, Revision: c.Since, Rules: c.Rules, By: c.CoveredBy,
		From: string(c.Source), Tried: c.Tried, Right: c.Tried - c.Wrong,
	}
	if len(c.Deviations) == 0 {
		return out, nil
	}
	out.Upstream = &Given{Right: c.Tried - len(c.Deviations)}
	for _, of := range c.Kinds() {
		pod, err := example(c.ID, of[0].Probe.Pod)
		if err != nil {
			return out, err
		}
		out.Upstream.Examples = append(out.Upstream.Examples, Example{Text: of[0].String(), Refused: of[0].Refused, Like: len(of) - 1, Pod: pod})
	}
	return out, nil
}

// example gives a pod as somebody would write it.
func example(control policy.Control, pod *corev1.Pod) (any, error) {
	out, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		return nil, fmt.Errorf("show pod of %s: %w", control, err)
	}
	delete(out, "status")
	out["apiVersion"], out["kind"] = "v1", "Pod"
	out["metadata"] = map[string]any{"name": "example"}
	if len(pod.Annotations) > 0 {
		out["metadata"] = map[string]any{"name": "example", "annotations": pod.Annotations}
	}
	return out, nil
}
