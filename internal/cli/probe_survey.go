package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/probe"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/report"
)

// surveyor knows what the values say and asks the cluster whether it does that.
type surveyor struct {
	cluster    *probe.Cluster
	kubernetes string
	only       []string // namespaces to ask about; none for all
	user       admission.User
	judge      *admission.Judge
	whole      map[string]any // the values with the chart's own
	objects    []probe.Object // that the values give
	controls   map[string][]string
	offers     []probe.Pod
	samples    []probe.Pod // for exceptions

	ours  map[string]bool // by policy: it is of the release; nil where that is not known
	kept  int             // notes that hold for every pass
	guard sync.Mutex      // guards what follows
	notes []string
}

// newSurveyor reads the values and reaches the cluster. What is wrong with either
// is said together.
func newSurveyor(ctx context.Context, s Streams, p *project, f probeFlags) (*surveyor, error) {
	files, chartErr := readChart(p, f.chart)
	values, valuesErr := readValues(s, f.values)
	cluster, kubernetes, err := connect(ctx, f)
	if err := errors.Join(chartErr, valuesErr, err); err != nil {
		return nil, err
	}
	v := &surveyor{cluster: cluster, kubernetes: kubernetes, only: f.namespaces, controls: map[string][]string{}}
	objs, err := renderRelease(files, values, kubernetes, f.release)
	if err != nil {
		return nil, err
	}
	if v.whole, err = chart.WholeValues(files, values); err != nil {
		return nil, err
	}
	if v.objects, err = probeObjects(objs); err != nil {
		return nil, err
	}
	if err := v.choosePods(); err != nil {
		return nil, err
	}
	for _, p := range objs.Policies {
		v.controls[p.Name] = strings.Split(p.Annotations[convert.Domain+"controls"], ",")
	}
	v.askWho(ctx)
	v.judge, err = admission.NewJudge(v.withoutParams(objs), admission.Options{Authorize: grant})
	v.kept = len(v.notes)
	return v, err
}

// askWho finds out for whom the policies judge. Where the cluster does not tell,
// exemptions by name are not seen.
func (v *surveyor) askWho(ctx context.Context) {
	user, err := v.cluster.Whoami(ctx)
	if err != nil {
		v.note("exemptions are not taken into account: %s", err)
		return
	}
	v.user = admission.User{Name: user.Username, UID: user.UID, Groups: user.Groups, Extra: map[string][]string{}}
	for key, values := range user.Extra {
		v.user.Extra[key] = values
	}
}

// withoutParams leaves out policies whose parameters are in the cluster: what
// these say cannot be told from the values.
func (v *surveyor) withoutParams(objs *admission.Objects) *admission.Objects {
	out := *objs
	out.Policies = slices.DeleteFunc(slices.Clone(objs.Policies), func(p admission.Policy) bool {
		if p.Spec.ParamKind != nil {
			v.note("policy %s takes parameters and is not probed", p.Name)
		}
		return p.Spec.ParamKind != nil
	})
	return &out
}

// choosePods makes the pods that are offered.
func (v *surveyor) choosePods() error {
	offers, err := pss.Offers()
	if err != nil {
		return err
	}
	for _, o := range offers {
		v.offers = append(v.offers, probe.Pod{Control: string(o.Control), Text: o.Text, Object: o.Pod})
	}
	samples, err := exception.Samples(pss.Probes()[0].Pod, v.whole)
	if err != nil {
		return err
	}
	for _, e := range samples {
		v.samples = append(v.samples, probe.Pod{Exception: e.Exception, Key: e.Key, Allowed: e.Allowed, Text: e.Text, Object: e.Pod})
	}
	for _, list := range [][]probe.Pod{v.offers, v.samples} {
		for i := range list {
			list[i].Object.Namespace, list[i].Object.Name = "", "vapchart-probe"
		}
	}
	return nil
}

// pass asks everything once.
func (v *surveyor) pass(ctx context.Context) (report.Probe, error) {
	v.notes = v.notes[:v.kept]
	out := report.Probe{Cluster: v.cluster.Server(), Kubernetes: v.kubernetes, User: v.user.Name}
	namespaces, err := v.liveNamespaces(ctx)
	if err != nil {
		return out, err
	}
	if out.Objects, err = v.compareObjects(ctx); err != nil {
		return out, err
	}
	former := func(name string) bool {
		return slices.ContainsFunc(out.Objects, func(f probe.ObjectFinding) bool {
			return f.Problem == probe.Former && f.Kind == kindPolicy && f.Name == name
		})
	}
	survey := probe.Survey{
		Namespaces: namespaces, Pods: v.pods, Ask: v.cluster.Ask, Expect: v.expect, Workers: probe.Workers,
		Ours:     func(name string) bool { return v.ours == nil || v.ours[name] },
		Former:   former,
		Controls: func(name string) []string { return v.controls[name] },
	}
	if out.Cells, err = survey.Run(ctx); err != nil {
		return out, err
	}
	out.Labels = probe.LabelFindings(out.Cells, namespaces)
	for _, c := range pss.Controls() {
		out.Controls = append(out.Controls, string(c.ID))
	}
	return out, nil
}

// pods gives the pods for a namespace: those for all, and those that try the
// exceptions that are in force there.
func (v *surveyor) pods(ns *corev1.Namespace) []probe.Pod {
	inForce := exception.InForce(v.whole, ns.Name, ns.Labels)
	out := slices.Clone(v.offers)
	for _, s := range v.samples {
		if slices.Contains(inForce, s.Exception) {
			out = append(out, s)
		}
	}
	return out
}

// expect gives what the values say about a pod in a namespace.
func (v *surveyor) expect(ctx context.Context, ns *corev1.Namespace, pod *corev1.Pod) (probe.Expected, error) {
	object, err := admission.FromTyped(pod)
	if err != nil {
		return probe.Expected{}, err
	}
	review, err := v.judge.Review(ctx, admission.Request{
		Object: object, Namespace: ns.Name, NamespaceObject: ns, User: v.user, DryRun: true,
	})
	if err != nil {
		return probe.Expected{}, err
	}
	for _, a := range review.Answers {
		v.note("taken for granted: %s", question(a.Access))
	}
	return v.expected(review), nil
}

// expected takes a review apart.
func (v *surveyor) expected(review *admission.Review) probe.Expected {
	var out probe.Expected
	for _, e := range review.Evaluations {
		if strings.HasPrefix(e.Condition, "exempt-") && e.Condition != "exempt-runtime-classes" {
			v.note("%s is exempt from policies (%s), so these are expected to admit all", v.user.Name, e.Condition)
		}
	}
	for _, f := range review.Denials() {
		out.Denials = append(out.Denials, probe.Said{Policy: f.Policy, Message: f.Message})
	}
	for _, f := range review.Warned() {
		out.Warnings = append(out.Warnings, probe.Said{Policy: f.Policy, Message: f.Message})
	}
	return out
}

// note keeps something to be told at the end, once.
func (v *surveyor) note(format string, args ...any) {
	v.guard.Lock()
	defer v.guard.Unlock()
	if text := fmt.Sprintf(format, args...); !slices.Contains(v.notes, text) {
		v.notes = append(v.notes, text)
	}
}
