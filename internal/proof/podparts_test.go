package proof_test

import corev1 "k8s.io/api/core/v1"

// texts gives a list of strings as the values hold it.
func texts(list any) []string {
	var out []string
	for _, item := range list.([]any) {
		out = append(out, item.(string))
	}
	return out
}

// tables gives a list of objects as the values hold it.
func tables(list any) []map[string]any {
	var out []map[string]any
	for _, item := range list.([]any) {
		out = append(out, item.(map[string]any))
	}
	return out
}

// containers gives the containers of every kind.
func containers(p *corev1.Pod) []*corev1.Container {
	var out []*corev1.Container
	for i := range p.Spec.InitContainers {
		out = append(out, &p.Spec.InitContainers[i])
	}
	for i := range p.Spec.Containers {
		out = append(out, &p.Spec.Containers[i])
	}
	for i := range p.Spec.EphemeralContainers {
		out = append(out, (*corev1.Container)(&p.Spec.EphemeralContainers[i].EphemeralContainerCommon))
	}
	return out
}

// securityContexts gives those of the containers; with missing, also new ones
// for containers that have none.
func securityContexts(p *corev1.Pod, missing bool) []*corev1.SecurityContext {
	var out []*corev1.SecurityContext
	for _, c := range containers(p) {
		if c.SecurityContext == nil && missing {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		if c.SecurityContext != nil {
			out = append(out, c.SecurityContext)
		}
	}
	return out
}

// ofPod gives the pod's own security context, a new one where there is none.
func ofPod(p *corev1.Pod) *corev1.PodSecurityContext {
	if p.Spec.SecurityContext == nil {
		p.Spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	return p.Spec.SecurityContext
}

// takeHosts takes the hosts out of probes and lifecycle hooks.
func takeHosts(p *corev1.Pod) {
	drop := func(get *corev1.HTTPGetAction, dial *corev1.TCPSocketAction) {
		if get != nil {
			get.Host = ""
		}
		if dial != nil {
			dial.Host = ""
		}
	}
	for _, c := range containers(p) {
		for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
			if probe != nil {
				drop(probe.HTTPGet, probe.TCPSocket)
			}
		}
		if c.Lifecycle == nil {
			continue
		}
		for _, hook := range []*corev1.LifecycleHandler{c.Lifecycle.PostStart, c.Lifecycle.PreStop} {
			if hook != nil {
				drop(hook.HTTPGet, hook.TCPSocket)
			}
		}
	}
}
