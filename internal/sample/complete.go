package sample

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Complete gives a pod what the API wants before it can be created, and what that
// adds to the words which describe it; empty where it shows nowhere. Ephemeral
// containers come later, a volume needs more than a type, HostProcess needs the
// host's network, and a privileged container may gain privileges. Where the pod is
// about one container, those that are not needed go, since they only make it
// longer: only the first stays with it. The pod is changed.
func Complete(p *corev1.Pod, container string) string {
	p.Name, p.Namespace = "sample", ""
	p.Spec.EphemeralContainers = nil
	fillVolumes(p)
	if container != "" {
		first := p.Spec.Containers[0].Name
		other := func(c corev1.Container) bool { return c.Name != container && c.Name != first }
		p.Spec.Containers = slices.DeleteFunc(p.Spec.Containers, other)
		p.Spec.InitContainers = slices.DeleteFunc(p.Spec.InitContainers, other)
	}
	var added []string
	if hostProcess(p) {
		p.Spec.HostNetwork = true
		added = append(added, ", in the host's network")
	}
	for _, c := range containers(&p.Spec) {
		// The copies share their security contexts.
		if s := c.SecurityContext; s != nil && s.Privileged != nil && *s.Privileged && s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation {
			s.AllowPrivilegeEscalation = nil
			added = append(added, ", allowPrivilegeEscalation unset")
		}
	}
	return strings.Join(added, "")
}

// hostProcess says whether some container is to be a HostProcess one.
func hostProcess(p *corev1.Pod) bool {
	wants := func(o *corev1.WindowsSecurityContextOptions) bool {
		return o != nil && o.HostProcess != nil && *o.HostProcess
	}
	if c := p.Spec.SecurityContext; c != nil && wants(c.WindowsOptions) {
		return true
	}
	for _, c := range containers(&p.Spec) {
		if c.SecurityContext != nil && wants(c.SecurityContext.WindowsOptions) {
			return true
		}
	}
	return false
}
