package bump

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// field is a field of pods that rules draw lines in; one of container and pod is set.
type field struct {
	name, text  string
	number      bool
	least, most int64                   // of a number
	takes       func(value string) bool // what Kubernetes itself takes; nil for anything
	container   func(c *corev1.Container, value string)
	pod         func(p *corev1.Pod, value string)
}

func (f field) set(pod *corev1.Pod, init bool, value string) {
	if f.pod != nil {
		f.pod(pod, value)
		return
	}
	c := &pod.Spec.Containers[0]
	if init {
		extra := *c.DeepCopy()
		extra.Name = "init"
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, extra)
		c = &pod.Spec.InitContainers[len(pod.Spec.InitContainers)-1]
	}
	f.container(c, value)
}

// fields gives those that rules read most, in words and in numbers.
func fields() []field {
	const ports, ids = 65535, 1<<31 - 1
	context := func(apply func(s *corev1.SecurityContext, value string)) func(*corev1.Container, string) {
		return func(c *corev1.Container, value string) {
			if c.SecurityContext == nil {
				c.SecurityContext = &corev1.SecurityContext{}
			}
			apply(c.SecurityContext, value)
		}
	}
	podContext := func(p *corev1.Pod) *corev1.PodSecurityContext {
		if p.Spec.SecurityContext == nil {
			p.Spec.SecurityContext = &corev1.PodSecurityContext{}
		}
		return p.Spec.SecurityContext
	}
	return []field{
		{name: "hostPort", text: "host port", number: true, least: 1, most: ports, container: func(c *corev1.Container, value string) {
			c.Ports = []corev1.ContainerPort{{ContainerPort: int32(number(value)), HostPort: int32(number(value))}} //nolint:gosec // a port
		}},
		{name: "containerPort", text: "container port", number: true, least: 1, most: ports, container: func(c *corev1.Container, value string) {
			c.Ports = []corev1.ContainerPort{{ContainerPort: int32(number(value))}} //nolint:gosec // a port
		}},
		{name: "runAsUser", text: "runAsUser", number: true, most: ids, container: context(func(s *corev1.SecurityContext, value string) {
			s.RunAsUser = new(number(value))
		})},
		{name: "runAsGroup", text: "runAsGroup", number: true, most: ids, container: context(func(s *corev1.SecurityContext, value string) {
			s.RunAsGroup = new(number(value))
		})},
		{name: "add", text: "added capability", container: context(func(s *corev1.SecurityContext, value string) {
			if s.Capabilities == nil {
				s.Capabilities = &corev1.Capabilities{}
			}
			s.Capabilities.Add = []corev1.Capability{corev1.Capability(value)}
		})},
		{name: "seLinuxOptions", text: "SELinux type", container: context(func(s *corev1.SecurityContext, value string) {
			s.SELinuxOptions = &corev1.SELinuxOptions{Type: value}
		})},
		{name: "seccompProfile", text: "seccomp profile", takes: among("RuntimeDefault", "Localhost", "Unconfined"), container: context(func(s *corev1.SecurityContext, value string) {
			s.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileType(value)}
		})},
		{name: "image", text: "image", container: func(c *corev1.Container, value string) { c.Image = value }},
		{name: "imagePullPolicy", text: "imagePullPolicy", takes: among("Always", "IfNotPresent", "Never"), container: func(c *corev1.Container, value string) { c.ImagePullPolicy = corev1.PullPolicy(value) }},
		{name: "sysctls", text: "sysctl", pod: func(p *corev1.Pod, value string) {
			podContext(p).Sysctls = []corev1.Sysctl{{Name: value, Value: "0"}}
		}},
		{name: "hostPath", text: "hostPath", pod: func(p *corev1.Pod, value string) {
			p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "tried", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: value}}})
		}},
		{name: "labels", text: "label", takes: key, pod: func(p *corev1.Pod, value string) { p.Labels = map[string]string{value: "x"} }},
		{name: "annotations", text: "annotation", takes: key, pod: func(p *corev1.Pod, value string) { p.Annotations = map[string]string{value: "x"} }},
	}
}

func among(words ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(words, value) }
}

// key says whether a text can be the key of a label or an annotation.
func key(value string) bool { return len(validation.IsQualifiedName(value)) == 0 }

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0 // never, since the texts are made from numbers
	}
	return n
}
