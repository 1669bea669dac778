package bump

import (
	"context"
	"errors"
	goruntime "runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/check"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/term"
)

// bumper compares two versions.
type bumper struct {
	s         term.Streams
	p         *project.Project
	f         Options
	now, next version
	corpus    []check.Object

	chart   Diff       // of the charts' rules, whose names values use
	tried   []triedPod // besides the standard's probes
	patches kustomized
}

// compare gives the whole report, without the version that it leads to.
func (b *bumper) compare(ctx context.Context) (Result, error) {
	told := Result{
		Present: Side{Pin: b.now.in.Pin, Version: b.now.in.Plan.Chart.Version},
		Next:    Side{Pin: b.next.in.Pin}, Strict: b.next.in.Plan.Standard == "strict",
		Clustered: len(b.now.in.Plan.Clusters) > 0,
	}
	var err error
	if told.Upstream, err = Compare(b.now.controlled(), b.next.controlled()); err != nil {
		return told, err
	}
	if told.Chart, err = Compare(b.now.rules, b.next.rules); err != nil {
		return told, err
	}
	b.chart = told.Chart
	for _, r := range b.next.rules {
		if r.Profile == policy.Other && slices.Contains(told.Chart.Added, r.Name) {
			told.Optional = append(told.Optional, r.Name)
		}
	}
	told.Controls = compareControls(rules.Newest(b.now.in.Editions).Controls, rules.Newest(b.next.in.Editions).Controls)
	if told.Follow, err = b.follow(); err != nil {
		return told, err
	}
	if err := b.choosePods(told.Upstream); err != nil {
		return told, err
	}
	scenes, err := b.scenes()
	if err != nil {
		return told, err
	}
	told.Labelled = b.labelled(scenes)
	if err := b.verdicts(ctx, scenes, &told); err != nil {
		return told, err
	}
	if told.Stale, err = b.stale(ctx, scenes); err != nil {
		return told, err
	}
	told.Cost, err = b.costs(ctx)
	return told, err
}

// choosePods gathers the pods to compare by besides the standard's probes.
func (b *bumper) choosePods(upstream Diff) error {
	was, err := upstreamPods(b.now.in)
	if err != nil {
		return err
	}
	is, err := upstreamPods(b.next.in)
	if err != nil {
		return err
	}
	var sides [4][]policy.Rule
	for i, s := range []version{b.now, b.next} {
		sides[2*i] = rules.Of(s.in.Upstream.Converted)
		for _, r := range s.rules {
			sides[2*i+1] = append(sides[2*i+1], r.Rule)
		}
	}
	ofUpstream, err := boundaryPods(upstream, sides[0], sides[2])
	if err != nil {
		return err
	}
	ofChart, err := boundaryPods(b.chart, sides[1], sides[3])
	b.tried = slices.Concat(was, is, ofUpstream, ofChart)
	return err
}

// compareControls says how the standard's controls are held on either side.
func compareControls(was, is []pss.ControlReport) ControlChanges {
	out := ControlChanges{}
	for _, next := range is {
		i := slices.IndexFunc(was, func(c pss.ControlReport) bool { return c.ID == next.ID })
		if i < 0 {
			continue // both are held against the same standard
		}
		now, name := was[i], string(next.ID)
		switch {
		case now.Unheld() && !next.Unheld():
			out.Gained = append(out.Gained, ControlChange{Control: name, Why: next.Why()})
		case !now.Unheld() && next.Unheld():
			out.Lost = append(out.Lost, ControlChange{Control: name, Why: now.Why()})
		}
		switch {
		case now.Corrected() && !next.Corrected():
			out.Needless = append(out.Needless, ControlChange{Control: name, Why: now.Why()})
		case !now.Corrected() && next.Corrected():
			out.Needed = append(out.Needed, ControlChange{Control: name, Why: next.Why()})
		}
	}
	return out
}

// verdicts compares every scene, those of one outcome joined.
func (b *bumper) verdicts(ctx context.Context, scenes []*target, told *Result) error {
	errs := make([]error, len(scenes))
	all := make([]Verdicts, len(scenes))
	var work errgroup.Group
	work.SetLimit(goruntime.GOMAXPROCS(0))
	for i, sc := range scenes {
		work.Go(func() error {
			all[i], errs[i] = b.judge(ctx, sc)
			return nil
		})
	}
	if err := errors.Join(work.Wait(), errors.Join(errs...)); err != nil {
		return err
	}
	for _, sc := range scenes {
		told.Patches, told.Obstacles = append(told.Patches, sc.unpatched...), append(told.Obstacles, sc.obstacles...)
	}
	told.Verdicts = JoinVerdicts(all)
	return nil
}

// costs gives what the rules cost on the pods that the standard's shapes are, where
// everything is enforced.
func (b *bumper) costs(ctx context.Context) (Costs, error) {
	was, err := costOf(ctx, b.now)
	if err != nil {
		return Costs{}, err
	}
	is, err := costOf(ctx, b.next)
	if err != nil {
		return Costs{}, err
	}
	return CompareCosts(was, is, newNames(b.chart)), nil
}

func costOf(ctx context.Context, s version) (map[string]int64, error) {
	objs, err := cluster.Render(s.files, enforcing(), admission.Newest())
	if err != nil {
		return nil, err
	}
	by, err := admission.NewJudge(objs, admission.Options{Authorize: admission.Grant})
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, p := range sample.Creatable() {
		if !p.Shape() {
			continue
		}
		object, err := admission.FromTyped(p.Pod)
		if err != nil {
			return nil, err
		}
		review, err := by.Review(ctx, admission.Request{Object: object, Namespace: "restricted"})
		if err != nil {
			return nil, err
		}
		for _, e := range review.Evaluations {
			out[e.Policy] = max(out[e.Policy], e.Cost)
		}
	}
	return out, nil
}
