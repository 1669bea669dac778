package sample

import (
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/values"
)

// sampling collects the pods by which two sets of policies are compared: only such
// that an API server of the version takes, and no two of one spec; of these, the
// first.
type sampling struct {
	kubernetes string
	seen       map[string]bool
	names      map[string]int
	Out        []Sample
}

// NewSampling begins with no pods, for a minor version of Kubernetes.
func NewSampling(kubernetes string) *sampling {
	return &sampling{kubernetes: kubernetes, seen: map[string]bool{}, names: map[string]int{}}
}

func (s *sampling) Add(name, text, origin string, pod *corev1.Pod) error {
	spec, err := json.Marshal(pod.Spec)
	if err != nil {
		return fmt.Errorf("choose pods to compare by: %w", err)
	}
	same := fmt.Sprintf("%s %v %v", spec, pod.Annotations, pod.Labels)
	if s.seen[same] || !Valid(pod, s.kubernetes) {
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
	s.Out = append(s.Out, Sample{Name: name, Text: text, Origin: origin, Size: len(spec), Object: object})
	return nil
}

// Witnesses gives the probes of all controls, and the pods that try the exceptions of
// any of these values, each complete. Of a probe and the pod of an exception that are
// the same, it is the latter.
func Witnesses(kubernetes string, wholes ...values.Values) ([]Sample, error) {
	s := NewSampling(kubernetes)
	err := s.Witnesses(wholes...)
	return s.Out, err
}

func (s *sampling) Witnesses(wholes ...values.Values) error {
	probes := Creatable()
	for _, v := range wholes {
		for _, t := range ExceptionPods(probes[0].Pod, v.Allows()) {
			if err := s.Add(strings.TrimSuffix("exception/"+t.Exception+"/"+t.Key, "/"), "a pod "+t.Text, "", t.Pod); err != nil {
				return err
			}
		}
	}
	for _, p := range probes {
		if err := s.Add(p.Name, "a pod "+p.Text, "", p.Pod); err != nil {
			return err
		}
	}
	return nil
}
