package pss

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// The shapes that steps are made from. All but the bare ones comply with every
// control of restricted.
const (
	plain         = "plain"          // one container, pod-wide settings in the pod
	everyKind     = "every-kind"     // the same with containers of all kinds
	ownSettings   = "own-settings"   // all kinds, each container with all settings of its own
	userNamespace = "user-namespace" // all kinds, hostUsers false
	windows       = "windows"        // all kinds, for Windows nodes: no field of Linux is allowed there
	linux         = "linux"          // one container, and the OS is named
	bare          = "bare"           // all kinds, no security context anywhere: baseline only
)

// shape is a compliant pod to step away from.
type shape struct {
	name, text string
	about      []policy.Control // the controls that it just complies with, in an odd way
	build      func() *corev1.Pod
}

func shapes() []shape {
	return []shape{
		{plain, "that sets just what restricted asks for", nil, func() *corev1.Pod {
			pod := emptyPod()
			pod.Spec.Containers = []corev1.Container{container("app")}
			forEach(pod, restrict)
			return podWide(pod)
		}},
		{everyKind, "with containers of every kind that comply", about("allowPrivilegeEscalation", "capabilities_restricted"), func() *corev1.Pod {
			pod := everyContainer()
			forEach(pod, restrict)
			return podWide(pod)
		}},
		{ownSettings, "whose containers comply each by settings of its own", about("runAsNonRoot", "seccompProfile_restricted"), func() *corev1.Pod {
			pod := everyContainer()
			forEach(pod, restrict)
			forEach(pod, func(c *corev1.Container) {
				c.SecurityContext.RunAsNonRoot = new(true)
				c.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
			})
			return pod
		}},
		{userNamespace, "with hostUsers false that complies", about("allowPrivilegeEscalation", "hostNamespaces"), func() *corev1.Pod {
			pod := everyContainer()
			forEach(pod, restrict)
			pod.Spec.HostUsers = new(false)
			return podWide(pod)
		}},
		{windows, "for Windows that complies", about("allowPrivilegeEscalation", "capabilities_restricted", "seccompProfile_restricted"), func() *corev1.Pod {
			pod := everyContainer()
			pod.Spec.OS = &corev1.PodOS{Name: corev1.Windows}
			pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: new(true)}
			return pod
		}},
		{linux, "that names Linux as its OS and complies", about("allowPrivilegeEscalation"), func() *corev1.Pod {
			pod := emptyPod()
			pod.Spec.Containers = []corev1.Container{container("app")}
			pod.Spec.OS = &corev1.PodOS{Name: corev1.Linux}
			forEach(pod, restrict)
			return podWide(pod)
		}},
		{bare, "that sets no security context at all", nil, everyContainer},
	}
}

func emptyPod() *corev1.Pod {
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: "probe", Namespace: "default"},
	}
}

func container(name string) corev1.Container {
	return corev1.Container{Name: name, Image: "registry.example/probe:1"}
}

// everyContainer gives a pod with a container in every place a container can
// be, and a second one behind the first.
func everyContainer() *corev1.Pod {
	pod := emptyPod()
	sidecar := container("sidecar")
	sidecar.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
	pod.Spec.InitContainers = []corev1.Container{container("init"), sidecar}
	pod.Spec.Containers = []corev1.Container{container("app"), container("second")}
	pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{{
		EphemeralContainerCommon: corev1.EphemeralContainerCommon(container("debug")),
	}}
	return pod
}

// restrict gives a container what restricted asks of each by itself.
func restrict(c *corev1.Container) {
	c.SecurityContext = &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(false),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

// podWide gives the pod what restricted asks of either the pod or all of its
// containers.
func podWide(pod *corev1.Pod) *corev1.Pod {
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{
		RunAsNonRoot:   new(true),
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	return pod
}
