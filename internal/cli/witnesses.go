package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/podspec"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/values"
	"github.com/vapchart/vapchart/internal/verdict"
)

// sampling collects the pods by which two sets of policies are compared: only such
// that an API server of the version takes, and no two of one spec; of these, the
// first.
type sampling struct {
	kubernetes string
	seen       map[string]bool
	names      map[string]int
	out        []verdict.Sample
}

func newSampling(kubernetes string) *sampling {
	return &sampling{kubernetes: kubernetes, seen: map[string]bool{}, names: map[string]int{}}
}

func (s *sampling) add(name, text, origin string, pod *corev1.Pod) error {
	spec, err := json.Marshal(pod.Spec)
	if err != nil {
		return fmt.Errorf("choose pods to compare by: %w", err)
	}
	same := fmt.Sprintf("%s %v %v", spec, pod.Annotations, pod.Labels)
	if s.seen[same] || !podspec.Valid(pod, s.kubernetes) {
		return nil
	}
	s.seen[same] = true
	pod = pod.DeepCopy()
	pod.Namespace = ""
	object, err := admission.FromTyped(pod)
	if err != nil {
		return fmt.Errorf("choose pods to compare by: %s: %w", name, err)
	}
	if s.names[name]++; s.names[name] > 1 {
		name = fmt.Sprintf("%s-%d", name, s.names[name])
	}
	s.out = append(s.out, verdict.Sample{Name: name, Text: text, Origin: origin, Size: len(spec), Object: object})
	return nil
}

// witnesses gives the probes of all controls, and the pods that try the exceptions of
// any of these values, each complete. Of a probe and the pod of an exception that are
// the same, it is the latter.
func witnesses(kubernetes string, wholes ...values.Values) ([]verdict.Sample, error) {
	s := newSampling(kubernetes)
	err := s.witnesses(wholes...)
	return s.out, err
}

func (s *sampling) witnesses(wholes ...values.Values) error {
	probes := pss.Creatable()
	for _, v := range wholes {
		for _, t := range exception.Samples(probes[0].Pod, v.Allows()) {
			if err := s.add(strings.TrimSuffix("exception/"+t.Exception+"/"+t.Key, "/"), "a pod "+t.Text, "", t.Pod); err != nil {
				return err
			}
		}
	}
	for _, p := range probes {
		if err := s.add(p.Name, "a pod "+p.Text, "", p.Pod); err != nil {
			return err
		}
	}
	return nil
}

// answerer gives the judge of pods by what a chart renders to. Policies are told as
// the rules that they enforce, so that both sides have the same names. Those about
// other kinds are left out, since to find that out for each pod takes longer than
// many a rule.
func answerer(rendered *admission.Objects) (verdict.Judge, error) {
	objs := *rendered
	objs.Policies = slices.DeleteFunc(slices.Clone(objs.Policies), func(p admission.Policy) bool { return !aboutPods(p) })
	rules := rulesByPolicy(&objs)
	by, err := admission.NewJudge(&objs, admission.Options{Authorize: grant})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, in verdict.Namespace, object *unstructured.Unstructured) (verdict.Answer, error) {
		labels := map[string]string{corev1.LabelMetadataName: in.Name}
		for k, v := range in.Labels {
			labels[k] = v
		}
		review, err := by.Review(ctx, admission.Request{
			Object: object, Namespace: in.Name,
			NamespaceObject: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: in.Name, Labels: labels}},
		})
		if err != nil {
			return verdict.Answer{}, err
		}
		var out verdict.Answer
		for _, e := range review.Evaluations {
			for _, f := range e.Failures {
				said := verdict.Said{Rule: rules[f.Policy], Message: f.Message}
				if slices.Contains(f.Actions, admissionv1.Deny) {
					out.Denied = append(out.Denied, said)
				}
				if slices.Contains(f.Actions, admissionv1.Warn) {
					out.Warned = append(out.Warned, said)
				}
				if slices.Contains(f.Actions, admissionv1.Audit) {
					out.Audited = append(out.Audited, said)
				}
			}
		}
		return out, nil
	}, nil
}

// aboutPods says whether a policy may match a pod.
func aboutPods(p admission.Policy) bool {
	return p.Spec.MatchConstraints == nil || slices.ContainsFunc(p.Spec.MatchConstraints.ResourceRules, func(r admissionv1.NamedRuleWithOperations) bool {
		return slices.ContainsFunc(r.Resources, func(name string) bool { return name == "pods" || strings.HasPrefix(name, "*") })
	})
}

// rulesByPolicy says which rule each policy enforces, by the policy's name.
func rulesByPolicy(sets ...*admission.Objects) map[string]string {
	out := map[string]string{}
	for _, objs := range sets {
		for _, p := range objs.Policies {
			out[p.Name] = ruleOf(p)
		}
	}
	return out
}

// ruleOf says which rule a policy of the chart enforces. The policy's annotations name
// the rule as upstream has it; one without them is nobody's rule but its own.
func ruleOf(p admission.Policy) string {
	origin := p.Annotations[convert.Domain+"policy"]
	if origin == "" {
		return p.Name
	}
	name := policy.JoinName(origin, p.Annotations[convert.Domain+"rule"])
	return policy.ParseObjectName(p.Name, func(rule string) bool { return rule == name }).Rule
}
