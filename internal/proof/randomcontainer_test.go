package proof_test

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func (m *podmaker) container() corev1.Container {
	c := corev1.Container{Name: fmt.Sprintf("c%d", m.names), Image: "registry.example/random:1"}
	m.names++
	m.context(&c)
	for range pick(m.choices, 0, 0, 0, 1, 2) {
		port := corev1.ContainerPort{ContainerPort: 80 + int32(m.below(3)), Protocol: pick(m.choices, corev1.ProtocolTCP, corev1.ProtocolUDP, "")}
		if m.odd(30) {
			port.HostPort = pick(m.choices, int32(80), 1, 5500, 65535, -1)
			port.HostIP = pick(m.choices, "", "127.0.0.1")
		}
		c.Ports = append(c.Ports, port)
	}
	m.probes(&c)
	return c
}

// context sets the container's security context.
func (m *podmaker) context(c *corev1.Container) {
	if m.odd(40) || m.bare && m.below(2) == 0 {
		return
	}
	s := &corev1.SecurityContext{}
	c.SecurityContext = s
	if !m.bare {
		if m.own {
			s.RunAsNonRoot = new(true)
		}
		if !m.windows {
			if m.own {
				s.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
			}
			s.AllowPrivilegeEscalation = new(false)
			s.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}
		}
	}
	m.user(&s.RunAsNonRoot, &s.RunAsUser)
	m.seccomp(&s.SeccompProfile)
	m.appArmor(&s.AppArmorProfile)
	m.seLinux(&s.SELinuxOptions)
	m.windowsOptions(&s.WindowsOptions)
	m.capabilities(&s.Capabilities)
	if m.odd(30) {
		s.AllowPrivilegeEscalation = perhaps(m.choices, true, true, false)
	}
	if m.odd(30) {
		s.Privileged = new(m.below(2) == 0)
	}
	if m.odd(30) {
		s.ProcMount = new(pick(m.choices, corev1.UnmaskedProcMount, corev1.DefaultProcMount, "", "unmasked"))
	}
	if m.odd(12) { // what the standard does not speak of
		s.ReadOnlyRootFilesystem, s.RunAsGroup = perhaps(m.choices, true), perhaps(m.choices, int64(0))
	}
}

func (m *podmaker) user(nonRoot **bool, user **int64) {
	if m.odd(20) {
		*nonRoot = perhaps(m.choices, false, true)
	}
	if m.odd(10) {
		*user = new(pick(m.choices, int64(1000), 0, 1, -1, 1<<62))
	}
}

func (m *podmaker) seccomp(p **corev1.SeccompProfile) {
	if !m.odd(16) {
		return
	}
	*p = nil
	if kind := perhaps(m.choices, "RuntimeDefault", "Localhost", "Unconfined", "", "runtimeDefault"); kind != nil {
		*p = &corev1.SeccompProfile{Type: corev1.SeccompProfileType(*kind), LocalhostProfile: perhaps(m.choices, "x.json", "")}
	}
}

func (m *podmaker) appArmor(p **corev1.AppArmorProfile) {
	if m.odd(24) {
		*p = &corev1.AppArmorProfile{
			Type:             corev1.AppArmorProfileType(pick(m.choices, "RuntimeDefault", "Localhost", "Unconfined", "", "unconfined")),
			LocalhostProfile: perhaps(m.choices, "x", ""),
		}
	}
}

func (m *podmaker) seLinux(p **corev1.SELinuxOptions) {
	if m.odd(24) {
		*p = &corev1.SELinuxOptions{
			Type: pick(m.choices, "container_t", "", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t", "CONTAINER_T"),
			User: pick(m.choices, "", "", "", "", "system_u", " "), Role: pick(m.choices, "", "", "", "", "system_r", " "),
			Level: pick(m.choices, "", "s0:c1,c2"),
		}
	}
}

func (m *podmaker) windowsOptions(p **corev1.WindowsSecurityContextOptions) {
	if m.odd(24) {
		*p = &corev1.WindowsSecurityContextOptions{
			HostProcess: perhaps(m.choices, true, false), RunAsUserName: perhaps(m.choices, "ContainerAdministrator"),
		}
	}
}

func (m *podmaker) capabilities(p **corev1.Capabilities) {
	if !m.odd(8) {
		return
	}
	names := func(from ...corev1.Capability) []corev1.Capability {
		out := pick(m.choices, nil, []corev1.Capability{})
		for range m.below(4) {
			out = append(out, pick(m.choices, from...))
		}
		return out
	}
	switch m.below(8) {
	case 7:
		*p = nil
	default:
		*p = &corev1.Capabilities{
			Drop: append(pick(m.choices, []corev1.Capability{"ALL"}, []corev1.Capability{"ALL"}, nil), names("ALL", "NET_RAW", "all", "CAP_ALL", "")...),
			Add:  pick(m.choices, names("NET_BIND_SERVICE"), names("CHOWN", "NET_BIND_SERVICE", "SETUID", "MKNOD", "SYS_CHROOT", "AUDIT_WRITE", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETFCAP", "SETGID", "SETPCAP"), names("SYS_ADMIN", "NET_RAW", "SYS_PTRACE", "ALL", "all", "chown", "CAP_CHOWN", "net_bind_service", "")),
		}
	}
}

// probes sets probes and hooks, which may be sent to another host.
func (m *podmaker) probes(c *corev1.Container) {
	host := func() string { return pick(m.choices, "", "", "192.0.2.1", "localhost", " ") }
	fill := func(h *corev1.ProbeHandler) {
		switch m.below(5) {
		case 0:
			h.HTTPGet = &corev1.HTTPGetAction{Host: host(), Port: intstr.FromInt32(80)}
		case 1:
			h.TCPSocket = &corev1.TCPSocketAction{Host: host(), Port: intstr.FromString("web")}
		case 2:
			h.Exec = &corev1.ExecAction{Command: []string{"true"}}
		case 3:
			h.GRPC = &corev1.GRPCAction{Port: 80}
		}
	}
	for _, probe := range []**corev1.Probe{&c.LivenessProbe, &c.ReadinessProbe, &c.StartupProbe} {
		if m.odd(40) {
			*probe = &corev1.Probe{}
			fill(&(*probe).ProbeHandler)
		}
	}
	if !m.odd(20) {
		return
	}
	c.Lifecycle = &corev1.Lifecycle{}
	for _, hook := range []**corev1.LifecycleHandler{&c.Lifecycle.PostStart, &c.Lifecycle.PreStop} {
		if m.below(2) == 0 {
			var h corev1.ProbeHandler
			fill(&h)
			*hook = &corev1.LifecycleHandler{HTTPGet: h.HTTPGet, TCPSocket: h.TCPSocket, Exec: h.Exec}
		}
	}
}
