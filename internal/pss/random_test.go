package pss_test

import (
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/vapchart/vapchart/internal/pss"
)

// generator makes random pods over every field that the standard speaks of.
// Most fields of a pod comply, so that single violations are common.
type generator struct {
	*rand.Rand
	volumes []corev1.VolumeSource
	sysctls []corev1.Sysctl
}

func newGenerator(seed uint64) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
	for _, p := range pss.Probes() {
		for _, v := range p.Pod.Spec.Volumes {
			g.volumes = append(g.volumes, v.VolumeSource)
		}
		if c := p.Pod.Spec.SecurityContext; c != nil {
			g.sysctls = append(g.sysctls, c.Sysctls...)
		}
	}
	return g
}

// rarely is true once in n times.
func (g *generator) rarely(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

// maybe gives one of the values, or nil as often as not.
func maybe[T any](g *generator, from ...T) *T {
	if g.rarely(2) {
		return nil
	}
	return new(pick(g, from...))
}

func (g *generator) pod() *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "random", Namespace: "default"}}
	spec := &pod.Spec
	windows := g.rarely(12)
	if windows || g.rarely(10) {
		spec.OS = &corev1.PodOS{Name: map[bool]corev1.OSName{true: corev1.Windows, false: corev1.Linux}[windows]}
	}
	spec.Containers = g.containers(1+g.IntN(2), windows)
	spec.InitContainers = g.containers(g.IntN(2), windows)
	for _, c := range g.containers(g.IntN(2), windows) {
		spec.EphemeralContainers = append(spec.EphemeralContainers,
			corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon(c)})
	}
	if !g.rarely(4) {
		spec.SecurityContext = g.podContext(windows)
	}
	for range g.IntN(3) {
		spec.Volumes = append(spec.Volumes, corev1.Volume{Name: "v", VolumeSource: pick(g, g.volumes...)})
	}
	if g.rarely(8) {
		key := pick(g, "container.apparmor.security.beta.kubernetes.io/c", "container.seccomp.security.alpha.kubernetes.io/c",
			"seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/nobody", "other")
		pod.Annotations = map[string]string{
			key: pick(g, "", "unconfined", "runtime/default", "localhost/x", "localhost", "RuntimeDefault", "docker/default"),
		}
	}
	if !windows {
		spec.HostUsers = maybe(g, true, false)
		spec.HostNetwork, spec.HostPID, spec.HostIPC = g.rarely(30), g.rarely(30), g.rarely(30)
	}
	return pod
}

// podContext leaves out, for Windows, what the API refuses there.
func (g *generator) podContext(windows bool) *corev1.PodSecurityContext {
	c := &corev1.PodSecurityContext{RunAsNonRoot: maybe(g, true, true, true, false), WindowsOptions: g.windowsOptions()}
	if windows {
		return c
	}
	c.RunAsUser = maybe(g, int64(0), 1, 1000, 65534)
	c.SeccompProfile, c.AppArmorProfile, c.SELinuxOptions = g.seccomp(), g.appArmor(), g.seLinux()
	for range max(0, g.IntN(5)-2) {
		c.Sysctls = append(c.Sysctls, pick(g, g.sysctls...))
	}
	return c
}

func (g *generator) containers(n int, windows bool) []corev1.Container {
	out := make([]corev1.Container, 0, n)
	for range n {
		c := corev1.Container{Name: "c", Image: "registry.example/random:1"}
		if !g.rarely(6) {
			c.SecurityContext = g.context(windows)
		}
		if g.rarely(3) {
			c.Ports = append(c.Ports, corev1.ContainerPort{ContainerPort: 80, HostPort: pick(g, int32(0), 0, 0, 80, 5500)},
				corev1.ContainerPort{ContainerPort: 81})
		}
		g.hooks(&c)
		out = append(out, c)
	}
	return out
}

func (g *generator) context(windows bool) *corev1.SecurityContext {
	c := &corev1.SecurityContext{RunAsNonRoot: maybe(g, true, true, true, false), WindowsOptions: g.windowsOptions()}
	if windows {
		return c
	}
	c.RunAsUser = maybe(g, int64(0), 1, 1000, 1001)
	c.SeccompProfile, c.AppArmorProfile, c.SELinuxOptions = g.seccomp(), g.appArmor(), g.seLinux()
	c.Privileged = maybe(g, false, false, false, false, true)
	c.ProcMount = maybe(g, corev1.DefaultProcMount, corev1.DefaultProcMount, corev1.UnmaskedProcMount)
	if !g.rarely(8) {
		c.AllowPrivilegeEscalation = new(g.rarely(10))
	}
	if !g.rarely(8) {
		c.Capabilities = &corev1.Capabilities{Drop: pick(g, caps("ALL"), caps("ALL"), caps("ALL", "ALL"), caps("NET_RAW", "ALL"), caps("NET_RAW"), nil)}
		for range max(0, g.IntN(6)-3) {
			c.Capabilities.Add = append(c.Capabilities.Add, pick(g, caps("NET_BIND_SERVICE", "NET_BIND_SERVICE", "CHOWN", "SETUID", "SYS_ADMIN", "NET_RAW", "ALL", "")...))
		}
	}
	return c
}

func (g *generator) hooks(c *corev1.Container) {
	host := func() string { return pick(g, "", "", "", "192.0.2.1") }
	action := func() (*corev1.HTTPGetAction, *corev1.TCPSocketAction) {
		if g.rarely(2) {
			return &corev1.HTTPGetAction{Host: host(), Port: intstr.FromInt32(80)}, nil
		}
		return nil, &corev1.TCPSocketAction{Host: host(), Port: intstr.FromInt32(80)}
	}
	for _, probe := range []**corev1.Probe{&c.LivenessProbe, &c.ReadinessProbe, &c.StartupProbe} {
		if g.rarely(10) {
			*probe = &corev1.Probe{}
			(*probe).HTTPGet, (*probe).TCPSocket = action()
		}
	}
	if g.rarely(10) {
		c.Lifecycle = &corev1.Lifecycle{}
		for _, handler := range []**corev1.LifecycleHandler{&c.Lifecycle.PostStart, &c.Lifecycle.PreStop} {
			if g.rarely(2) {
				*handler = &corev1.LifecycleHandler{}
				(*handler).HTTPGet, (*handler).TCPSocket = action()
			}
		}
	}
}

func (g *generator) seccomp() *corev1.SeccompProfile {
	if t := maybe(g, "RuntimeDefault", "RuntimeDefault", "RuntimeDefault", "Localhost", "Unconfined"); t != nil {
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileType(*t)}
	}
	return nil
}

func (g *generator) appArmor() *corev1.AppArmorProfile {
	if g.rarely(6) {
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileType(pick(g, "RuntimeDefault", "Localhost", "Unconfined"))}
	}
	return nil
}

func (g *generator) seLinux() *corev1.SELinuxOptions {
	if !g.rarely(6) {
		return nil
	}
	return &corev1.SELinuxOptions{
		Type: pick(g, "", "", "container_t", "container_kvm_t", "container_engine_t", "spc_t"),
		User: pick(g, "", "", "", "", "system_u"), Role: pick(g, "", "", "", "", "system_r"), Level: pick(g, "", "s0"),
	}
}

func (g *generator) windowsOptions() *corev1.WindowsSecurityContextOptions {
	if g.rarely(6) {
		return &corev1.WindowsSecurityContextOptions{HostProcess: maybe(g, true, false)}
	}
	return nil
}

func caps(names ...corev1.Capability) []corev1.Capability { return names }
