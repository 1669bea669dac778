package admission

import (
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// defaultPod sets the defaults that a pod gets and a pod template does not,
// then those that both get.
func defaultPod(pod *corev1.Pod) {
	// A policy on resource requests sees those that follow from the limits.
	for i := range pod.Spec.Containers {
		defaultRequests(&pod.Spec.Containers[i])
	}
	for i := range pod.Spec.InitContainers {
		defaultRequests(&pod.Spec.InitContainers[i])
	}
	// A policy on host ports refuses every container port in the host's network.
	if pod.Spec.HostNetwork {
		defaultHostPorts(pod.Spec.Containers)
		defaultHostPorts(pod.Spec.InitContainers)
	}
	fillPtr(&pod.Spec.EnableServiceLinks, corev1.DefaultEnableServiceLinks)
	defaultPodSpec(&pod.Spec)
	syncAppArmor(pod)
}

func defaultRequests(c *corev1.Container) {
	if c.Resources.Limits == nil {
		return
	}
	requests := c.Resources.Limits.DeepCopy()
	maps.Copy(requests, c.Resources.Requests)
	c.Resources.Requests = requests
}

func defaultHostPorts(containers []corev1.Container) {
	for i := range containers {
		for j := range containers[i].Ports {
			fill(&containers[i].Ports[j].HostPort, containers[i].Ports[j].ContainerPort)
		}
	}
}

// defaultPodSpec sets the defaults that a pod and a pod template get.
func defaultPodSpec(spec *corev1.PodSpec) {
	// object.spec.securityContext can be read without has().
	fillPtr(&spec.SecurityContext, corev1.PodSecurityContext{})
	fill(&spec.RestartPolicy, corev1.RestartPolicyAlways)
	fill(&spec.DNSPolicy, corev1.DNSClusterFirst)
	fill(&spec.SchedulerName, corev1.DefaultSchedulerName)
	fillPtr(&spec.TerminationGracePeriodSeconds, int64(corev1.DefaultTerminationGracePeriodSeconds))
	// One field under two names: a policy may read either.
	fill(&spec.ServiceAccountName, spec.DeprecatedServiceAccount)
	spec.DeprecatedServiceAccount = spec.ServiceAccountName
	for i := range spec.Volumes {
		defaultVolume(&spec.Volumes[i])
	}
	for c := range containersOf(spec) {
		defaultContainer(c)
	}
}

// syncAppArmor copies the AppArmor profile of a container from its annotation
// to its field, as the API server does when a pod is created: a policy that
// reads only the field still sees what the annotation asks for
// (applyAppArmorVersionSkew of the pod strategy).
func syncAppArmor(pod *corev1.Pod) {
	if pod.Spec.OS != nil && pod.Spec.OS.Name == corev1.Windows {
		return
	}
	for c := range containersOf(&pod.Spec) {
		annotation, ok := pod.Annotations[corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name]
		if !ok || c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil {
			continue
		}
		profile := appArmorProfile(annotation)
		if profile == nil || equality.Semantic.DeepEqual(profile, pod.Spec.SecurityContext.AppArmorProfile) {
			continue
		}
		fillPtr(&c.SecurityContext, corev1.SecurityContext{})
		c.SecurityContext.AppArmorProfile = profile
	}
}

// appArmorProfile gives the profile that an annotation means; nil if none.
func appArmorProfile(annotation string) *corev1.AppArmorProfile {
	local, isLocal := strings.CutPrefix(annotation, corev1.DeprecatedAppArmorBetaProfileNamePrefix)
	switch {
	case annotation == corev1.DeprecatedAppArmorBetaProfileNameUnconfined:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	case annotation == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeRuntimeDefault}
	case isLocal && strings.TrimSpace(local) == local && local != "" && len(local) <= 4095:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: &local}
	default:
		return nil
	}
}

// containersOf gives every container of a pod, of whatever sort.
func containersOf(spec *corev1.PodSpec) func(yield func(*corev1.Container) bool) {
	return func(yield func(*corev1.Container) bool) {
		for i := range spec.InitContainers {
			if !yield(&spec.InitContainers[i]) {
				return
			}
		}
		for i := range spec.Containers {
			if !yield(&spec.Containers[i]) {
				return
			}
		}
		for i := range spec.EphemeralContainers {
			if !yield((*corev1.Container)(&spec.EphemeralContainers[i].EphemeralContainerCommon)) {
				return
			}
		}
	}
}
