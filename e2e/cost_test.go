package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/admission"
)

// TestLargePod offers a pod of 100 containers, each with twenty mounts, ports and
// capabilities, where fifty exceptions are in force and together allow all of it,
// and where none is. Without budget the API server would refuse it in both, and
// say so.
func TestLargePod(t *testing.T) {
	t.Parallel()
	const many = 50
	v := values{"defaults": values{"profile": "privileged", "warn": "privileged", "audit": "privileged"}, "controllers": "off"}
	allowed, names := values{}, []any{}
	for i := range many {
		name := fmt.Sprintf("exception-%02d", i)
		names = append(names, name)
		allowed[name] = parse(t, fmt.Sprintf(`{reason: one of many, allow: {capabilities: [CAPABILITY_%d], hostPorts: [{min: %d, max: %d}], hostPaths: [{path: /usr/share/site-%d/some/deep/folder, readOnly: true}]}}`,
			i, 9000+40*i, 9039+40*i, i))
	}
	v["exceptions"] = allowed
	v["namespaces"] = values{"large-allowed": values{"profile": "restricted", "exceptions": names}, "large-refused": values{"profile": "restricted"}}
	w := install(t, v)
	pod := typed(t, large(t))
	for _, name := range []string{"large-allowed", "large-refused"} {
		namespace(t, w, name, nil)
		got := create(t, w.control.Config, pod, name, true)
		agree(t, name, got, w.review(t, admission.Request{Object: pod, Namespace: name}))
		if refused := got.denial() != ""; refused != (name == "large-refused") || strings.Contains(got.denial(), "cost") {
			t.Errorf("%s: %.400v", name, got.err)
		}
	}
}

func large(t *testing.T) *corev1.Pod {
	t.Helper()
	pod := podOf(t, "good", []byte(good))
	for i := range 20 {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: fmt.Sprintf("volume-%d", i), VolumeSource: corev1.VolumeSource{
			HostPath: &corev1.HostPathVolumeSource{Path: fmt.Sprintf("/usr/share/site-%d/some/deep/folder", i)}}})
	}
	first := pod.Spec.Containers[0]
	pod.Spec.Containers = nil
	for n := range 100 {
		c := *first.DeepCopy()
		c.Name = fmt.Sprintf("container-%d", n)
		for i := range 20 {
			c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: fmt.Sprintf("volume-%d", i), MountPath: fmt.Sprintf("/mnt/%d", i), ReadOnly: true})
			c.Ports = append(c.Ports, corev1.ContainerPort{ContainerPort: int32(1000 + i), HostPort: int32(9000 + 20*n + i), Protocol: corev1.ProtocolTCP})
			c.SecurityContext.Capabilities.Add = append(c.SecurityContext.Capabilities.Add, corev1.Capability(fmt.Sprintf("CAPABILITY_%d", 2*i)))
		}
		pod.Spec.Containers = append(pod.Spec.Containers, c)
	}
	return pod
}
