package chainsaw

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// compliant gives a pod that sets just what restricted asks for.
func compliant() *corev1.Pod {
	yes, no := true, false
	return &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot:   &yes,
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "app", Image: "registry.example/app:1",
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: &no,
					Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
}

// changed gives a copy of a pod with a change. Objects of other kinds come back
// as they are.
func changed(object runtime.Object, apply func(*corev1.Pod)) runtime.Object {
	out := object.DeepCopyObject()
	if pod, ok := out.(*corev1.Pod); ok {
		apply(pod)
	}
	return out
}

// security gives the security context of the compliant pod's only container.
func security(p *corev1.Pod) *corev1.SecurityContext {
	if p.Spec.Containers[0].SecurityContext == nil {
		p.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{}
	}
	return p.Spec.Containers[0].SecurityContext
}

func capabilities(p *corev1.Pod) *corev1.Capabilities {
	if security(p).Capabilities == nil {
		security(p).Capabilities = &corev1.Capabilities{}
	}
	return security(p).Capabilities
}

func shareHost(p *corev1.Pod, name string) {
	switch name {
	case "hostNetwork":
		p.Spec.HostNetwork = true
	case "hostPID":
		p.Spec.HostPID = true
	case "hostIPC":
		p.Spec.HostIPC = true
	}
}

func setSysctls(p *corev1.Pod, names ...string) {
	for _, n := range names {
		p.Spec.SecurityContext.Sysctls = append(p.Spec.SecurityContext.Sysctls, corev1.Sysctl{Name: n, Value: "1"})
	}
}

func addPort(p *corev1.Pod, port int32) {
	c := &p.Spec.Containers[0]
	c.Ports = append(c.Ports, corev1.ContainerPort{ContainerPort: port, HostPort: port})
}

// mount adds a hostPath volume and a mount of it.
func mount(p *corev1.Pod, at string, readOnly bool) {
	name := fmt.Sprintf("host-%d", len(p.Spec.Volumes))
	p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
		HostPath: &corev1.HostPathVolumeSource{Path: at}}})
	c := &p.Spec.Containers[0]
	c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: name, MountPath: "/" + name, ReadOnly: readOnly})
}

// mountOf gives the mount of a volume that mount has made.
func mountOf(p *corev1.Pod, volume string) *corev1.VolumeMount {
	mounts := p.Spec.Containers[0].VolumeMounts
	for i := range mounts {
		if mounts[i].Name == volume {
			return &mounts[i]
		}
	}
	return &corev1.VolumeMount{}
}

// onWindows makes it a pod for Windows with a HostProcess container. There the
// API wants the host's network, and none of the fields that are for Linux.
func onWindows(p *corev1.Pod) {
	yes := true
	p.Spec.OS, p.Spec.HostNetwork = &corev1.PodOS{Name: corev1.Windows}, true
	p.Spec.Containers[0].SecurityContext = nil
	p.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: &yes,
		WindowsOptions: &corev1.WindowsSecurityContextOptions{HostProcess: &yes}}
}

// template gives the pod of an object, or that which it makes; nil for kinds that
// make none.
func template(object runtime.Object) *corev1.PodTemplateSpec {
	switch o := object.(type) {
	case *corev1.Pod:
		return &corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec}
	case *appsv1.Deployment:
		return &o.Spec.Template
	case *appsv1.StatefulSet:
		return &o.Spec.Template
	case *appsv1.DaemonSet:
		return &o.Spec.Template
	case *batchv1.Job:
		return &o.Spec.Template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template
	default:
		return nil
	}
}

// sameSpec says whether two objects differ by nothing but their names.
func sameSpec(a, b runtime.Object) bool {
	x, y := template(a), template(b)
	return x != nil && y != nil && fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b) &&
		equality.Semantic.DeepEqual(x.Spec, y.Spec) && equality.Semantic.DeepEqual(x.Annotations, y.Annotations)
}
