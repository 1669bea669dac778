package sample

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/exception"
)

// ExceptionPod is a pod that tries one key of an exception: either just what it allows,
// or one step beyond that. Without a key it tries the exception as a whole: all of
// its keys at once, since one may need another as privileged does, or what one of
// them allows with a thing beside it that is not the exception's to allow.
type ExceptionPod struct {
	Exception, Key string
	Allowed        bool   // just what is allowed
	Text           string // completes "a pod …"
	Pod            *corev1.Pod
}

// ExceptionPods gives the pods that try exceptions, of which each name says what it allows by
// allow key, sorted by exception, the keys as Keys has them, those of the whole last. Each is made from
// base, a pod of one container that complies with restricted, and holds what
// Kubernetes wants beside a thing, such as hostNetwork with hostProcess. A switch
// has nothing beyond it. Of the whole the API may not take every one.
func ExceptionPods(base *corev1.Pod, allows map[string]map[string]any) []ExceptionPod {
	var out []ExceptionPod
	for _, name := range slices.Sorted(maps.Keys(allows)) {
		allow := allows[name]
		s := sampler{exception: name, base: base.DeepCopy(), together: base.DeepCopy()}
		s.base.Namespace, s.together.Namespace = "", ""
		for _, key := range exception.Keys() {
			if value, ok := allow[key.Name]; ok && value != nil {
				s.key = key.Name
				s.try(value)
			}
		}
		s.whole()
		out = append(out, s.out...)
	}
	return out
}

// sampler makes the samples of one exception.
type sampler struct {
	exception, key string
	base           *corev1.Pod
	together       *corev1.Pod // uses the first thing that each key allows
	out            []ExceptionPod
}

func (s *sampler) allowed(text string, apply func(*corev1.Pod)) {
	if !slices.ContainsFunc(s.out, func(o ExceptionPod) bool { return o.Allowed && o.Key == s.key }) {
		apply(s.together)
	}
	s.add(s.base, true, text, apply)
}

func (s *sampler) beyond(text string, apply func(*corev1.Pod)) { s.add(s.base, false, text, apply) }

func (s *sampler) add(from *corev1.Pod, allowed bool, text string, apply func(*corev1.Pod)) {
	pod := from.DeepCopy()
	apply(pod)
	s.out = append(s.out, ExceptionPod{Exception: s.exception, Key: s.key, Allowed: allowed, Text: text, Pod: pod})
}

// whole adds the samples without a key.
func (s *sampler) whole() {
	i := slices.IndexFunc(s.out, func(o ExceptionPod) bool { return o.Allowed })
	if i < 0 {
		return
	}
	first := s.out[i]
	s.key = ""
	s.add(s.together, true, "that uses all of it", func(*corev1.Pod) {})
	beside := func(what string, apply func(*corev1.Pod)) { s.add(first.Pod, false, first.Text+" and "+what, apply) }
	beside("hostPID", func(p *corev1.Pod) { p.Spec.HostPID = true })
	beside("host port 8080", bind(8080))
	beside("hostIPC", func(p *corev1.Pod) { p.Spec.HostIPC = true })
}

func (s *sampler) try(value any) {
	switch s.key {
	case "hostPaths":
		s.hostPaths(value)
	case "volumeTypes":
		s.volumes(exception.Words(value))
	case "hostPorts":
		s.hostPorts(value)
	case "capabilities":
		s.capabilities(exception.Words(value))
	case "hostNamespaces":
		s.hostNamespaces(exception.Words(value))
	case "sysctls":
		s.sysctls(exception.Words(value))
	case "seccompProfiles":
		s.seccomp(exception.Words(value))
	case "seLinuxTypes":
		s.seLinux(exception.Words(value))
	default:
		s.switches()
	}
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
