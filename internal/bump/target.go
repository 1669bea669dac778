package bump

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
)

// target is where two versions are compared: a cluster, or values that stand for some.
type target struct {
	name       string
	cluster    *project.Cluster // nil for values alone
	kubernetes string
	was, is    map[string]any // values, each with the names that its version has
	wholeWas   values.Values  // the same over the chart's own
	wholeIs    values.Values
	pair       *compare.Comparer
	unpatched  []string // why its patches count on neither side
	obstacles  []string // of these, what keeps the next version from being written
}

// scenes gives the clusters of the project; of one without clusters the values given
// or the chart's own, and beside these everything that can be enforced.
func (b *bumper) scenes() ([]*target, error) {
	var out []*target
	add := func(name string, c *project.Cluster, kubernetes string, values map[string]any) error {
		sc := &target{
			name: name, cluster: c, kubernetes: kubernetes,
			was: renamed(values, oldNames(b.chart)), is: renamed(values, newNames(b.chart)),
		}
		var err error
		if sc.wholeWas, err = cluster.Whole(b.now.files, sc.was); err != nil {
			return err
		}
		if sc.wholeIs, err = cluster.Whole(b.next.files, sc.is); err != nil {
			return err
		}
		out = append(out, sc)
		return nil
	}
	clusters := b.now.in.Plan.Clusters
	errs := make([]error, len(clusters))
	for i, c := range clusters {
		// The keys are for the chart to check that is built from them.
		values, err := cluster.Values(b.s, b.p, tree.New(), c)
		if err == nil {
			err = add(c.Name, &clusters[i], c.Kubernetes, values)
		}
		errs[i] = err
	}
	if err := project.JoinClusters(clusters, errs); err != nil || len(clusters) > 0 {
		return out, err
	}
	values, err := cluster.ReadValues(b.s, tree.New(), b.f.Values)
	if err != nil {
		return nil, err
	}
	name := "the chart's defaults"
	if len(b.f.Values) > 0 {
		name = "the values given"
	}
	for _, of := range []struct {
		name   string
		values map[string]any
	}{{name, values}, {"everything enforced", enforcing()}, {"optional rules enforced", b.optional()}} {
		if err := add(of.name, nil, admission.Newest(), of.values); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// enforcing gives values that enforce both profiles.
func enforcing() map[string]any {
	return map[string]any{
		"defaults":   map[string]any{"profile": "restricted", "warn": "restricted", "audit": "restricted"},
		"namespaces": map[string]any{"baseline": map[string]any{"profile": "baseline", "warn": "baseline", "audit": "baseline"}},
	}
}

// optional gives values that enforce every rule of no profile that both versions
// have, and nothing else.
func (b *bumper) optional() map[string]any {
	other := map[string]any{}
	for _, r := range b.now.rules {
		if r.Profile == policy.Other && !slices.Contains(b.chart.Removed, r.Name) {
			other[r.Name] = map[string]any{"actions": []any{"Deny"}}
		}
	}
	return map[string]any{
		"defaults": map[string]any{"profile": "privileged", "warn": "privileged", "audit": "privileged"}, "other": other,
	}
}

// judge compares what the two versions answer in a scene.
func (b *bumper) judge(ctx context.Context, sc *target) (Verdicts, error) {
	told := Verdicts{Scenes: []string{sc.name}}
	if err := b.render(sc); err != nil {
		return told, fmt.Errorf("compare %s: %w", sc.name, err)
	}
	pods := sample.NewSampling(sc.kubernetes)
	if err := pods.Witnesses(sc.wholeWas, sc.wholeIs); err != nil {
		return told, err
	}
	for _, t := range b.tried {
		if err := pods.Add(t.name, t.text, t.origin, t.pod); err != nil {
			return told, err
		}
	}
	var err error
	if told.Comparison, err = sc.pair.Compare(ctx, compare.Namespaces(sc.wholeWas, sc.wholeIs), pods.Out); err != nil {
		return told, fmt.Errorf("compare %s: %w", sc.name, err)
	}
	if told.Corpus, err = b.judgeCorpus(ctx, sc); err != nil {
		return told, fmt.Errorf("compare %s: %w", sc.name, err)
	}
	return told, nil
}

// render gives a scene the objects of both versions, patched as its cluster has them.
// Where a patch fits one version alone, neither is patched; one that does not fit the
// next is an obstacle.
func (b *bumper) render(sc *target) error {
	var plain, patched [2][]manifest.Document
	given, wholes, sides := []map[string]any{sc.was, sc.is}, []values.Values{sc.wholeWas, sc.wholeIs}, []version{b.now, b.next}
	for i, s := range sides {
		rendered, err := chart.Render(s.files, given[i], cluster.ReleaseOn(sc.kubernetes))
		if err != nil {
			return err
		}
		plain[i] = rendered.Objects
		if patched[i], err = b.patches.apply(b.p, sc, wholes[i], plain[i]); err != nil {
			sc.unpatched = append(sc.unpatched, err.Error())
			if i == 1 { // else it has followed already
				sc.obstacles = append(sc.obstacles, err.Error())
			}
		}
	}
	if len(sc.unpatched) > 0 {
		patched = plain
	}
	was, err := admission.Load(patched[0])
	if err != nil {
		return err
	}
	is, err := admission.Load(patched[1])
	if err != nil {
		return err
	}
	sc.pair, err = compare.NewComparer(was, is)
	return err
}

// kustomized runs kustomize, one cluster at a time: it keeps schemas for the whole
// process.
type kustomized struct{ sync.Mutex }

// apply gives the objects of a cluster as its kustomization leaves them.
func (k *kustomized) apply(p *project.Project, sc *target, whole values.Values, objects []manifest.Document) ([]manifest.Document, error) {
	if sc.cluster == nil {
		return objects, nil
	}
	own, ok, err := overlay.Read(p.Path(project.OverlaysDir, sc.name))
	if err != nil || !ok || own.Plain() {
		return objects, err
	}
	labelled := cluster.Namespaces(whole)
	files, err := overlay.Rendered(objects, labelled)
	if err != nil {
		return nil, err
	}
	k.Lock()
	defer k.Unlock()
	return own.Build(files)
}
