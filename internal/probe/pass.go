package probe

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/pss"
)

// pass asks everything once.
func (v *surveyor) pass(ctx context.Context) (Result, error) {
	v.notes = v.notes[:v.kept]
	out := Result{Cluster: v.cluster.Server(), Kubernetes: v.kubernetes, User: v.user.Name}
	namespaces, err := v.liveNamespaces(ctx)
	if err != nil {
		return out, err
	}
	if out.Objects, err = v.compareObjects(ctx); err != nil {
		return out, err
	}
	former := func(name string) bool {
		return slices.ContainsFunc(out.Objects, func(f ObjectFinding) bool {
			return f.Problem == Former && f.Kind == kindPolicy && f.Name == name
		})
	}
	survey := Survey{
		Namespaces: namespaces, Pods: v.pods, Ask: v.cluster.Ask, Expect: v.expect, Workers: Workers,
		Ours:     func(name string) bool { return v.ours == nil || v.ours[name] },
		Former:   former,
		Controls: func(name string) []string { return v.controls[name] },
	}
	if out.Cells, err = survey.Run(ctx); err != nil {
		return out, err
	}
	out.Labels = LabelFindings(out.Cells, namespaces)
	for _, c := range pss.Controls() {
		out.Controls = append(out.Controls, string(c.ID))
	}
	return out, nil
}

// pods gives the pods for a namespace: those for all, and those that try the
// exceptions that are in force there.
func (v *surveyor) pods(ns *corev1.Namespace) []Pod {
	inForce := v.whole.In(ns.Name, ns.Labels).Exceptions
	out := slices.Clone(v.offers)
	for _, s := range v.samples {
		if slices.Contains(inForce, s.Exception) {
			out = append(out, s)
		}
	}
	return out
}

// expect gives what the policies say about a pod in a namespace.
func (v *surveyor) expect(ctx context.Context, ns *corev1.Namespace, pod *corev1.Pod) (Expected, error) {
	object, err := admission.FromTyped(pod)
	if err != nil {
		return Expected{}, err
	}
	review, err := v.judge.Review(ctx, admission.Request{
		Object: object, Namespace: ns.Name, NamespaceObject: ns, User: v.user, DryRun: true,
	})
	if err != nil {
		return Expected{}, err
	}
	for _, a := range review.Permissions {
		v.note("taken for granted: %s", admission.Sentence(a.Access))
	}
	return v.expected(review), nil
}

// expected takes a review apart.
func (v *surveyor) expected(review *admission.Review) Expected {
	var out Expected
	for _, e := range review.Evaluations {
		if strings.HasPrefix(e.Condition, "exempt-") && e.Condition != "exempt-runtime-classes" {
			v.note("%s is exempt from policies (%s), so these are expected to admit all", v.user.Name, e.Condition)
		}
	}
	for _, f := range review.Denials() {
		out.Denials = append(out.Denials, Said{Policy: f.Policy, Message: f.Message})
	}
	for _, f := range review.Warned() {
		out.Warnings = append(out.Warnings, Said{Policy: f.Policy, Message: f.Message})
	}
	return out
}
