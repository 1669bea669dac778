package cli

import (
	"context"
	"fmt"
	"slices"
	"sync"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/psa"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
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
	oracle   *pss.Oracle
	probes   []pss.Probe
	base     *corev1.Pod // complies with restricted
	shown    *shown
	verdicts *admission.Precedents

	samples map[bool]func() []chainsaw.Rule // by whether controllers are denied
}

// newTested gathers what the tests of all clusters share.
func newTested(in projectRules, made tree.Tree) (tested, error) {
	oracle, err := pss.NewOracle(pss.Latest)
	t := tested{
		chart: made, rules: newest(in.editions).Rules, vendored: in.vendored, upstream: rulesOf(in.upstream.converted),
		oracle: oracle, probes: pss.Creatable(), base: pss.Probes()[0].Pod, shown: &shown{}, verdicts: admission.NewPrecedents(), samples: map[bool]func() []chainsaw.Rule{},
	}
	for _, controllers := range []bool{false, true} {
		t.samples[controllers] = sync.OnceValue(func() []chainsaw.Rule { return t.samplesOf(controllers) })
	}
	return t, err
}

// tests makes the tests for values and the objects that they give. Own is what of
// these values the tests bring along.
func (t tested) tests(ctx context.Context, folder string, given, own map[string]any, objs *admission.Objects, kubernetes string) (generated, report.Tests, error) {
	complete, err := chart.Complete(t.chart, given)
	if err != nil {
		return generated{}, report.Tests{}, err
	}
	v, err := values.Decode(complete)
	if err != nil {
		return generated{}, report.Tests{}, err
	}
	judge, err := t.denier(objs)
	if err != nil {
		return generated{}, report.Tests{}, err
	}
	result, err := chainsaw.Build(ctx, chainsaw.Input{
		Values: complete, Own: own, Kubernetes: kubernetes, Judge: judge, License: t.vendored["LICENSE"],
		Rules: t.samples[v.Controllers == "deny"](),
		Tries: t.shown.tries(t.base, v.Allows()), PodSecurity: psa.Refusing(labelsOf(objs)),
	})
	return generated{folder, result.Files}, t.tell(folder, result), err
}

// withoutClusters makes the tests of a project without clusters, for the values
// given. Only these tests may bring
// namespaces of their own: what a cluster enforces is for its values to say.
func (t tested) withoutClusters(ctx context.Context, values map[string]any, out *outputs) ([]report.Tests, error) {
	complete, err := chart.Complete(t.chart, values)
	if err != nil {
		return nil, err
	}
	own, err := chainsaw.Namespaces(complete)
	if err != nil {
		return nil, err
	}
	objs, err := renderObjects(t.chart, chart.Merge(values, own), admission.Newest())
	if err != nil {
		return nil, err
	}
	made, told, err := t.tests(ctx, chainsawDir, values, own, objs, admission.Newest())
	if err != nil {
		return nil, err
	}
	return []report.Tests{told}, out.put(ctx, made)
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
func (t tested) denier(rendered *admission.Objects) (chainsaw.Judge, error) {
	objs := *rendered
	objs.Bindings = slices.DeleteFunc(slices.Clone(objs.Bindings), func(b admission.Binding) bool {
		return !slices.Contains(b.Spec.ValidationActions, admissionv1.Deny)
	})
	by, err := t.verdicts.Clerk(&objs)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, in chainsaw.Namespace, object runtime.Object, words bool) ([]chainsaw.Denial, error) {
		form, err := t.shown.as(object)
		if err != nil {
			return nil, err
		}
		labels := map[string]string{corev1.LabelMetadataName: in.Name}
		for k, v := range in.Labels {
			labels[k] = v
		}
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: in.Name, Labels: labels}}
		var out []chainsaw.Denial
		if !words {
			policies, err := by.Refusals(ctx, form, namespace)
			for _, p := range policies {
				out = append(out, chainsaw.Denial{Policy: p})
			}
			return out, err
		}
		denials, err := by.Denials(ctx, form, namespace)
		for _, d := range denials {
			out = append(out, chainsaw.Denial{Policy: d.Policy, Text: d.Denial()})
		}
		return out, err
	}, nil
}
