package exception

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Sample is a pod that tries one key of an exception: either just what it allows,
// or one step beyond that.
type Sample struct {
	Exception, Key string
	Allowed        bool   // just what the key allows
	Text           string // completes "a pod …"
	Pod            *corev1.Pod
}

// Samples gives the pods that try the exceptions of a chart's values, sorted by
// exception, the keys as Keys has them. Each is made from base, a pod of one
// container that complies with restricted, and holds what Kubernetes wants beside
// a thing, such as hostNetwork with hostProcess. A switch has nothing beyond it.
func Samples(base *corev1.Pod, values map[string]any) ([]Sample, error) {
	exceptions, _ := values["exceptions"].(map[string]any)
	var out []Sample
	for _, name := range slices.Sorted(maps.Keys(exceptions)) {
		e, _ := exceptions[name].(map[string]any)
		allow, _ := e["allow"].(map[string]any)
		for _, key := range Keys() {
			value, ok := allow[key.Name]
			if !ok || value == nil {
				continue
			}
			s := sampler{base: base, exception: name, key: key.Name}
			if err := s.try(value); err != nil {
				return nil, fmt.Errorf("make pods for exception %s: %w", name, err)
			}
			out = append(out, s.out...)
		}
	}
	return out, nil
}

// sampler makes the samples of one key of one exception.
type sampler struct {
	base           *corev1.Pod
	exception, key string
	out            []Sample
}

func (s *sampler) allowed(text string, apply func(*corev1.Pod)) { s.add(true, text, apply) }

func (s *sampler) beyond(text string, apply func(*corev1.Pod)) { s.add(false, text, apply) }

func (s *sampler) add(allowed bool, text string, apply func(*corev1.Pod)) {
	pod := s.base.DeepCopy()
	pod.Spec.EphemeralContainers = nil
	apply(pod)
	s.out = append(s.out, Sample{Exception: s.exception, Key: s.key, Allowed: allowed, Text: text, Pod: pod})
}

func (s *sampler) try(value any) error {
	switch s.key {
	case "hostPaths":
		s.hostPaths(value)
	case "volumeTypes":
		return s.volumes(words(value))
	case "hostPorts":
		s.hostPorts(value)
	case "capabilities":
		s.capabilities(words(value))
	case "hostNamespaces":
		s.hostNamespaces(words(value))
	case "sysctls":
		s.sysctls(words(value))
	case "seccompProfiles":
		s.seccomp(words(value))
	case "seLinuxTypes":
		s.seLinux(words(value))
	default:
		s.switches()
	}
	return nil
}

// words gives a list of strings of the values.
func words(value any) []string {
	list, _ := value.([]any)
	out := make([]string, 0, len(list))
	for _, w := range list {
		out = append(out, fmt.Sprint(w))
	}
	return out
}

// other gives the first word that is not among those.
func other(candidates, taken []string) (string, bool) {
	i := slices.IndexFunc(candidates, func(c string) bool { return !slices.Contains(taken, c) })
	if i < 0 {
		return "", false
	}
	return candidates[i], true
}

// app gives the one container of a sample.
func app(p *corev1.Pod) *corev1.Container { return &p.Spec.Containers[0] }
