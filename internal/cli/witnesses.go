package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/podspec"
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

// answerer makes what answers about pods by what a chart renders to. Policies about
// other kinds are left out, since to find that out for each pod takes longer than
// many a rule.
func answerer(rendered *admission.Objects) (admission.Ask, error) {
	objs := *rendered
	objs.Policies = slices.DeleteFunc(slices.Clone(objs.Policies), func(p admission.Policy) bool { return !aboutPods(p) })
	by, err := admission.NewJudge(&objs, admission.Options{Authorize: grant})
	if err != nil {
		return nil, err
	}
	return by.Ask, nil
}

// aboutPods says whether a policy may match a pod.
func aboutPods(p admission.Policy) bool {
	return p.Spec.MatchConstraints == nil || slices.ContainsFunc(p.Spec.MatchConstraints.ResourceRules, func(r admissionv1.NamedRuleWithOperations) bool {
		return slices.ContainsFunc(r.Resources, func(name string) bool { return name == "pods" || strings.HasPrefix(name, "*") })
	})
}
