package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/psa"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
)

// ChainsawDir is the folder of the chart's Chainsaw suite, at the project's root.
const ChainsawDir = "chainsaw"

// suiteMaker is what Chainsaw tests are made from, of the chart or of a cluster.
type suiteMaker struct {
	chart    tree.Tree
	rules    []policy.Rule // of the chart
	vendored tree.Tree
	upstream []policy.Rule // as read from vendored
	oracle   *pss.Oracle
	probes   []pss.Probe
	base     *corev1.Pod // complies with restricted
}

// newSuiteMaker gathers what all tests share.
func newSuiteMaker(in rules.Project, made tree.Tree) (suiteMaker, error) {
	oracle, err := pss.NewOracle(pss.Latest)
	t := suiteMaker{
		chart: made, rules: rules.Newest(in.Editions).Rules, vendored: in.Vendored, upstream: rules.Of(in.Upstream.Converted),
		oracle: oracle, probes: sample.Creatable(), base: pss.Probes()[0].Pod,
	}
	return t, err
}

// tests makes the tests for values and the objects that they render to. Own is what
// the tests add to these values; nil for a cluster, whose values say what it enforces.
func (t suiteMaker) tests(ctx context.Context, given, own map[string]any, objs *admission.Objects, kubernetes string) (chainsaw.Result, error) {
	complete, err := chart.Complete(t.chart, given)
	if err != nil {
		return chainsaw.Result{}, err
	}
	v, err := values.Decode(complete)
	if err != nil {
		return chainsaw.Result{}, err
	}
	ask, err := denier(objs)
	if err != nil {
		return chainsaw.Result{}, err
	}
	return chainsaw.Build(ctx, chainsaw.Input{
		Values: complete, Own: own, Kubernetes: kubernetes, Ask: ask, License: t.vendored["LICENSE"],
		Rules: t.samplesOf(v.Controllers == "deny"),
		Tries: sample.ExceptionPods(t.base, v.Allows()), PodSecurity: psa.Refusing(psa.LabelsOf(objs)),
	})
}

// suite makes the chart's suite for values, with namespaces of its own, for
// Kubernetes of some minor version and newer.
func (t suiteMaker) suite(ctx context.Context, values map[string]any, kubernetes string) (chainsaw.Result, error) {
	complete, err := chart.Complete(t.chart, values)
	if err != nil {
		return chainsaw.Result{}, err
	}
	own, err := chainsaw.Namespaces(complete)
	if err != nil {
		return chainsaw.Result{}, err
	}
	objs, err := cluster.Render(t.chart, chart.Merge(values, own), kubernetes)
	if err != nil {
		return chainsaw.Result{}, err
	}
	return t.tests(ctx, values, own, objs, kubernetes)
}

// suiteOf makes the chart's suite by the values given, or else by what all clusters
// share.
func suiteOf(ctx context.Context, p *project.Project, plan project.Plan, t suiteMaker, given []string, values map[string]any) (chainsaw.Result, error) {
	values, err := suiteValues(p, plan, given, values)
	if err != nil {
		return chainsaw.Result{}, err
	}
	return t.suite(ctx, values, suiteKubernetes(plan))
}

// suiteValues gives the values of the chart's suite: those given, or else what all
// clusters share.
func suiteValues(p *project.Project, plan project.Plan, given []string, values map[string]any) (map[string]any, error) {
	file := p.Path(project.OverlaysDir, project.Common, project.ValuesFile)
	if len(given) > 0 || len(plan.Clusters) == 0 {
		return values, nil
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return values, nil
	}
	return chart.ReadValues([]string{file})
}

// suiteKubernetes gives the version that the chart's suite is made for: the oldest of
// the clusters, so that all of them take its pods; without clusters the newest.
func suiteKubernetes(plan project.Plan) string {
	if len(plan.Clusters) == 0 {
		return admission.Newest()
	}
	oldest := plan.Clusters[0].Kubernetes
	for _, c := range plan.Clusters {
		if policy.Newer(oldest, c.Kubernetes) {
			oldest = c.Kubernetes
		}
	}
	return oldest
}

// tell turns a result into what is reported, the rules of a profile that all lack
// a test as one.
func (t suiteMaker) tell(folder string, r chainsaw.Result) chainsaw.Suite {
	told := chainsaw.Suite{Folder: folder, Rules: r.Rules, Exceptions: r.Exceptions, Samples: r.Samples}
	for _, m := range r.Missing {
		i := slices.IndexFunc(told.Missing, func(t chainsaw.Untested) bool { return t.Why == m.Why })
		if i < 0 {
			i, told.Missing = len(told.Missing), append(told.Missing, chainsaw.Untested{Why: m.Why})
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
		told.Differs = append(told.Differs, chainsaw.Difference{Resource: s.Text, File: s.Origin})
	}
	return told
}

// denier makes what answers by what the chart renders to. What only warns or audits
// refuses nothing, so it is not even compiled.
func denier(rendered *admission.Objects) (admission.Ask, error) {
	objs := *rendered
	objs.Bindings = slices.DeleteFunc(slices.Clone(objs.Bindings), func(b admission.Binding) bool {
		return !slices.Contains(b.Spec.ValidationActions, admissionv1.Deny)
	})
	by, err := admission.NewJudge(&objs, admission.Options{})
	if err != nil {
		return nil, err
	}
	return by.Ask, nil
}
