package cli

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/namespaces"
	"github.com/vapchart/vapchart/internal/podspec"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/tree"
)

// engines knows what Pod Security Admission does in a cluster, and compares it with
// the policies where values leave namespaces to it. It is fit for several goroutines.
type engines struct {
	chart  tree.Tree
	rules  map[string][]policy.Control
	probes []namespaces.Tried
	shown  sync.Map // by pod: its form for the judge
	by     namespaces.Comparer
}

func newEngines(made tree.Tree, rules []policy.Rule, probes []pss.Probe) *engines {
	e := &engines{chart: made, rules: map[string][]policy.Control{}}
	for _, r := range rules {
		e.rules[r.Name] = r.Controls
	}
	for _, p := range probes {
		e.probes = append(e.probes, namespaces.Tried{Text: p.Text, Pod: p.Pod})
	}
	return e
}

// read reads values. Standard gives what the Pod Security Admission of a cluster does
// with them, which is asked for only where it matters.
func (e *engines) read(values map[string]any, kubernetes string) (v namespaces.Values, standard func() (namespaces.Standard, error), err error) {
	whole, err := chart.WholeValues(e.chart, values)
	if err != nil {
		return v, nil, err
	}
	if v, err = namespaces.Read(whole); err != nil {
		return v, nil, err
	}
	return v, func() (namespaces.Standard, error) {
		version := knownTo(v.StandardVersion, kubernetes)
		oracle, err := pss.NewOracle(version)
		if err != nil {
			return namespaces.Standard{}, err
		}
		s := namespaces.Standard{
			Version: version, Refused: oracle.Refused, Rules: e.rules, Tries: exception.Samples(pss.Probes()[0].Pod, whole),
		}
		for _, p := range e.probes {
			if podspec.Valid(p.Pod, kubernetes) {
				s.Probes = append(s.Probes, p)
			}
		}
		return s, nil
	}, nil
}

// labels gives the labels that values want on namespaces, by full name.
func (e *engines) labels(values map[string]any, kubernetes string) (map[string]map[string]string, error) {
	v, standard, err := e.read(values, kubernetes)
	if err != nil || !v.UsesLabels() {
		return nil, err
	}
	s, err := standard()
	if err != nil {
		return nil, err
	}
	return namespaces.Labels(v, s), nil
}

// withoutClusters compares by the values that a project without clusters is built
// with.
func (e *engines) withoutClusters(ctx context.Context, values map[string]any) ([]report.Engine, error) {
	objs, err := renderObjects(e.chart, values, admission.Newest())
	if err != nil {
		return nil, err
	}
	told, err := e.compare(ctx, "", values, admission.Newest(), objs)
	return []report.Engine{told}, err
}

// compare gives the report of one cluster by what the chart gives with its values;
// without findings where no namespace is left to Pod Security Admission. The policies
// are compiled only where they have to be asked: once for clusters where the same
// holds.
func (e *engines) compare(ctx context.Context, name string, values map[string]any, kubernetes string, objs *admission.Objects) (report.Engine, error) {
	told := report.Engine{Cluster: name}
	v, standard, err := e.read(values, kubernetes)
	if err != nil || !v.UsesPSA() {
		return told, err
	}
	s, err := standard()
	if err != nil {
		return told, err
	}
	judge := sync.OnceValues(func() (namespaces.Judge, error) { return e.judge(objs) })
	told.Findings, err = e.by.Compare(ctx, v, s, func(ctx context.Context, namespace string, labels map[string]string, pod *corev1.Pod) (namespaces.Said, error) {
		ask, err := judge()
		if err != nil {
			return namespaces.Said{}, err
		}
		return ask(ctx, namespace, labels, pod)
	})
	return told, err
}

// judge gives the judge of what the chart gives with the values, without rules of no
// profile, which no engine takes the place of.
func (e *engines) judge(objs *admission.Objects) (namespaces.Judge, error) {
	standard, controls := *objs, map[string]policy.Control{}
	standard.Policies = nil
	for _, p := range objs.Policies {
		if !slices.Contains([]string{string(policy.Baseline), string(policy.Restricted)}, p.Annotations[convert.Domain+"profile"]) {
			continue
		}
		first, _, _ := strings.Cut(p.Annotations[convert.Domain+"controls"], ",")
		controls[p.Name], standard.Policies = policy.Control(first), append(standard.Policies, p)
	}
	by, err := admission.NewJudge(&standard, admission.Options{Authorize: grant})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, namespace string, labels map[string]string, pod *corev1.Pod) (namespaces.Said, error) {
		var said namespaces.Said
		form, err := e.form(pod)
		if err != nil {
			return said, err
		}
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: map[string]string{corev1.LabelMetadataName: namespace}}}
		for key, value := range labels {
			ns.Labels[key] = value
		}
		review, err := by.Review(ctx, admission.Request{Object: form, Namespace: namespace, NamespaceObject: ns})
		if err != nil {
			return said, err
		}
		for _, f := range review.Denials() {
			said.Denied = append(said.Denied, controls[f.Policy])
		}
		for _, f := range review.Warned() {
			said.Warned = append(said.Warned, controls[f.Policy])
		}
		for _, f := range review.Audited() {
			said.Audited = append(said.Audited, controls[f.Policy])
		}
		return said, nil
	}, nil
}

func (e *engines) form(pod *corev1.Pod) (*unstructured.Unstructured, error) {
	if form, ok := e.shown.Load(pod); ok {
		return form.(*unstructured.Unstructured), nil //nolint:errcheck // nothing else is stored
	}
	form, err := admission.FromTyped(pod)
	if err == nil {
		e.shown.Store(pod, form)
	}
	return form, err
}

// knownTo gives the version of the standard by which the Pod Security Admission of a
// cluster judges where the values name one: none that is newer than the cluster.
func knownTo(version, kubernetes string) string {
	const major = "v1."
	asked, err := strconv.Atoi(strings.TrimPrefix(version, major))
	cluster, unknown := strconv.Atoi(strings.TrimPrefix(kubernetes, "1."))
	if unknown == nil && (err != nil || asked > cluster) {
		return major + strconv.Itoa(cluster)
	}
	return version
}
