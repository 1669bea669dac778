package cli

import (
	"context"
	"fmt"
	"path"
	goruntime "runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/tree"
)

// chainsawDir holds the Chainsaw tests: of a cluster in its overlay, of a project
// without clusters at its root.
const chainsawDir = "chainsaw"

// tested is what Chainsaw tests are made from, whichever cluster they are for.
type tested struct {
	chart    tree.Tree
	rules    []policy.Rule // of the chart
	vendored tree.Tree
	upstream []policy.Rule // as read from vendored
	values   map[string]any
	clusters []clusterSet
}

// chainsawTests makes the tests of each cluster by its own values, or where the
// project has no clusters those for the values given. Only the latter may bring
// namespaces of their own: what a cluster enforces is for its values to say.
func chainsawTests(ctx context.Context, t tested) ([]generated, []report.Tests, error) {
	if len(t.clusters) == 0 {
		complete, err := chart.Complete(t.chart, t.values)
		if err != nil {
			return nil, nil, err
		}
		own, err := chainsaw.Namespaces(complete)
		if err != nil {
			return nil, nil, err
		}
		objs, err := renderObjects(t.chart, chart.Merge(t.values, own), admission.Newest())
		if err != nil {
			return nil, nil, err
		}
		made, told, err := t.make(ctx, chainsawDir, t.values, own, objs, admission.Newest())
		return []generated{made}, []report.Tests{told}, err
	}
	all, reports := make([]generated, len(t.clusters)), make([]report.Tests, len(t.clusters))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(goruntime.GOMAXPROCS(0))
	for i, c := range t.clusters {
		work.Go(func() (err error) {
			folder := path.Join(overlaysDir, c.Name, chainsawDir)
			if all[i], reports[i], err = t.make(ctx, folder, c.values, nil, c.objects, c.Kubernetes); err != nil {
				return fmt.Errorf("cluster %s: %w", c.Name, err)
			}
			return nil
		})
	}
	return all, reports, work.Wait()
}

// make makes the tests for one set of values and what the chart gives with them
// and with those of the tests' own.
func (t tested) make(ctx context.Context, folder string, values, own map[string]any, objs *admission.Objects, kubernetes string) (generated, report.Tests, error) {
	complete, err := chart.Complete(t.chart, values)
	if err != nil {
		return generated{}, report.Tests{}, err
	}
	judge, err := denier(objs)
	if err != nil {
		return generated{}, report.Tests{}, err
	}
	samples, err := t.samples(fmt.Sprint(complete["controllers"]) == "deny")
	if err != nil {
		return generated{}, report.Tests{}, err
	}
	result, err := chainsaw.Build(ctx, chainsaw.Input{
		Values: complete, Own: own, Kubernetes: kubernetes, Rules: samples, Judge: judge, License: t.vendored["LICENSE"],
	})
	return generated{folder, result.Files}, t.tell(folder, result), err
}

// tell turns a result into what is reported, the rules of a profile that all lack
// a test as one.
func (t tested) tell(folder string, r chainsaw.Result) report.Tests {
	told := report.Tests{Folder: folder, Rules: r.Rules, Exceptions: r.Exceptions, Samples: r.Samples}
	for _, m := range r.Missing {
		i := slices.IndexFunc(told.Missing, func(t report.Missing) bool { return t.Why == m.Why })
		if i < 0 {
			i, told.Missing = len(told.Missing), append(told.Missing, report.Missing{Why: m.Why})
		}
		told.Missing[i].Names = append(told.Missing[i].Names, m.Name)
	}
	for i, m := range told.Missing {
		for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
			there := func(name string) bool {
				return slices.ContainsFunc(t.rules, func(r policy.Rule) bool { return r.Profile == profile && r.Name == name })
			}
			lacks := func(r policy.Rule) bool { return r.Profile != profile || slices.Contains(m.Names, r.Name) }
			if n := len(m.Names); slices.ContainsFunc(m.Names, there) && !slices.ContainsFunc(t.rules, func(r policy.Rule) bool { return !lacks(r) }) {
				m.Names = slices.DeleteFunc(m.Names, there)
				m.Names = append([]string{fmt.Sprintf("all %d of %s", n-len(m.Names), profile)}, m.Names...)
			}
		}
		told.Missing[i].Names = m.Names
	}
	for _, s := range r.Disagrees {
		told.Disagrees = append(told.Disagrees, report.Disagreement{Resource: s.Text, File: s.Origin})
	}
	return told
}

// denier gives the judge of what the chart renders to. What only warns or audits
// refuses nothing, so it is not even compiled.
func denier(rendered *admission.Objects) (chainsaw.Judge, error) {
	objs := *rendered
	objs.Bindings = slices.DeleteFunc(slices.Clone(objs.Bindings), func(b admission.Binding) bool {
		return !slices.Contains(b.Spec.ValidationActions, admissionv1.Deny)
	})
	by, err := admission.NewJudge(&objs, admission.Options{})
	if err != nil {
		return nil, err
	}
	var seen sync.Map // by object, as the API server shows it: many tests try the same
	return func(ctx context.Context, in chainsaw.Namespace, object runtime.Object) ([]chainsaw.Denial, error) {
		shown, ok := seen.Load(object)
		if !ok {
			made, err := admission.FromTyped(object)
			if err != nil {
				return nil, err
			}
			shown, _ = seen.LoadOrStore(object, made)
		}
		labels := map[string]string{corev1.LabelMetadataName: in.Name}
		for k, v := range in.Labels {
			labels[k] = v
		}
		review, err := by.Review(ctx, admission.Request{
			Object: shown.(*unstructured.Unstructured), Namespace: in.Name, //nolint:errcheck // nothing else is stored
			NamespaceObject: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: in.Name, Labels: labels}},
		})
		if err != nil {
			return nil, err
		}
		var out []chainsaw.Denial
		for _, d := range review.Denials() {
			out = append(out, chainsaw.Denial{Policy: d.Policy, Text: d.Denial()})
		}
		return out, nil
	}, nil
}
