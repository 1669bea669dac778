package pss

import corev1 "k8s.io/api/core/v1"

// place is where a container can be in a pod, in the smallest shape that has
// one there.
type place struct {
	name, text string
	shape      string
	find       func(*corev1.Pod) *corev1.Container
}

// everywhere gives a place for each kind of container, and one behind the
// first, which a rule that looks at [0] only would miss.
func everywhere() []place {
	return []place{
		{"app", "a container", plain, func(p *corev1.Pod) *corev1.Container { return &p.Spec.Containers[0] }},
		{"second", "a second container", everyKind, func(p *corev1.Pod) *corev1.Container { return &p.Spec.Containers[1] }},
		{"init", "an init container", everyKind, func(p *corev1.Pod) *corev1.Container { return &p.Spec.InitContainers[0] }},
		{"sidecar", "a sidecar", everyKind, func(p *corev1.Pod) *corev1.Container { return &p.Spec.InitContainers[1] }},
		{"debug", "an ephemeral container", everyKind, func(p *corev1.Pod) *corev1.Container {
			return ephemeral(&p.Spec.EphemeralContainers[0])
		}},
	}
}

// app is the one place for what does not differ between places.
func app() []place { return everywhere()[:1] }

// inShape gives the places as they are in one shape.
func inShape(shape string, places []place) []place {
	out := make([]place, len(places))
	for i, p := range places {
		p.shape = shape
		out[i] = p
	}
	return out
}

// forEach visits every container of the pod.
func forEach(pod *corev1.Pod, visit func(*corev1.Container)) {
	for i := range pod.Spec.InitContainers {
		visit(&pod.Spec.InitContainers[i])
	}
	for i := range pod.Spec.Containers {
		visit(&pod.Spec.Containers[i])
	}
	for i := range pod.Spec.EphemeralContainers {
		visit(ephemeral(&pod.Spec.EphemeralContainers[i]))
	}
}

// ephemeral gives the part of an ephemeral container that it has in common with
// the others.
func ephemeral(c *corev1.EphemeralContainer) *corev1.Container {
	return (*corev1.Container)(&c.EphemeralContainerCommon)
}

// contextOf gives the container's security context, made where it has none.
func contextOf(c *corev1.Container) *corev1.SecurityContext {
	if c.SecurityContext == nil {
		c.SecurityContext = &corev1.SecurityContext{}
	}
	return c.SecurityContext
}

// podContextOf gives the pod's own security context, made where it has none.
func podContextOf(p *corev1.Pod) *corev1.PodSecurityContext {
	if p.Spec.SecurityContext == nil {
		p.Spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	return p.Spec.SecurityContext
}
