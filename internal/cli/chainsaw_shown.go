package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/exception"
)

// shown holds the objects that tests try, each as the API server shows it. Many
// tests try the same, and verdicts are known by the very object. So that memory
// does not grow with the clusters, all is let go when it has become much.
type shown struct {
	guard sync.Mutex
	forms map[runtime.Object]*unstructured.Unstructured
	made  map[string][]exception.Sample // by an exception's name and what it allows, as JSON
}

// mostShown is how many objects are held; the probes and upstream's own are some
// hundred.
const mostShown = 5000

// as gives an object as the API server shows it.
func (s *shown) as(object runtime.Object) (*unstructured.Unstructured, error) {
	s.guard.Lock()
	form := s.forms[object]
	s.guard.Unlock()
	if form != nil {
		return form, nil
	}
	form, err := admission.FromTyped(object)
	if err != nil {
		return nil, err
	}
	s.guard.Lock()
	defer s.guard.Unlock()
	if first := s.forms[object]; first != nil {
		return first, nil
	}
	if s.forms == nil || len(s.forms) >= mostShown {
		s.forms, s.made = map[runtime.Object]*unstructured.Unstructured{}, map[string][]exception.Sample{}
	}
	s.forms[object] = form
	return form, nil
}

// tries gives the pods that try the exceptions of values, the same ones for the
// same exception.
func (s *shown) tries(base *corev1.Pod, allows map[string]map[string]any) []exception.Sample {
	var out []exception.Sample
	for _, name := range slices.Sorted(maps.Keys(allows)) {
		one := map[string]map[string]any{name: allows[name]}
		key, err := json.Marshal(one)
		s.guard.Lock()
		samples, ok := s.made[string(key)]
		s.guard.Unlock()
		if !ok {
			samples = exception.Samples(base, one)
		}
		if err == nil && !ok {
			s.guard.Lock()
			if s.made == nil {
				s.made = map[string][]exception.Sample{}
			}
			if first, there := s.made[string(key)]; there {
				samples = first
			} else {
				s.made[string(key)] = samples
			}
			s.guard.Unlock()
		}
		out = append(out, samples...)
	}
	return out
}
