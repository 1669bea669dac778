package sample

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

func (s *sampler) capabilities(names []string) {
	add := func(names []string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			for _, n := range names {
				c := app(p).SecurityContext.Capabilities
				c.Add = append(c.Add, corev1.Capability(n))
			}
		}
	}
	s.allowed("with added capabilities "+strings.Join(names, ", "), add(names))
	if n, ok := other([]string{"SYS_ADMIN", "SYS_MODULE", "BPF", "SYS_RAWIO", "PERFMON"}, names); ok {
		s.beyond("with added capabilities "+strings.Join(names, ", ")+" and "+n, add(append(slices.Clone(names), n)))
	}
}

func (s *sampler) hostNamespaces(names []string) {
	set := func(names []string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Spec.HostNetwork = slices.Contains(names, "hostNetwork")
			p.Spec.HostPID = slices.Contains(names, "hostPID")
			p.Spec.HostIPC = slices.Contains(names, "hostIPC")
		}
	}
	s.allowed("with "+strings.Join(names, ", "), set(names))
	if n, ok := other([]string{"hostPID", "hostIPC", "hostNetwork"}, names); ok {
		s.beyond("with "+strings.Join(names, ", ")+" and "+n, set(append(slices.Clone(names), n)))
	}
}

func (s *sampler) sysctls(names []string) {
	set := func(names []string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			for _, n := range names {
				c := p.Spec.SecurityContext
				c.Sysctls = append(c.Sysctls, corev1.Sysctl{Name: n, Value: "1"})
			}
		}
	}
	s.allowed("with sysctl "+strings.Join(names, ", "), set(names))
	if n, ok := other([]string{"kernel.msgmax", "kernel.shmmax", "kernel.sem", "fs.mqueue.msg_max"}, names); ok {
		s.beyond("with sysctl "+strings.Join(names, ", ")+" and "+n, set(append(slices.Clone(names), n)))
	}
}

// seccomp tries each word by a pod of its own, since a profile is either unset or
// not; the word that is not allowed is what is beyond.
func (s *sampler) seccomp(allowed []string) {
	for _, word := range []string{"Unconfined", "Undefined"} {
		var profile *corev1.SeccompProfile
		text := "whose seccomp profile is unset"
		if word == "Unconfined" {
			profile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
			text = "with seccomp profile Unconfined"
		}
		try := s.beyond
		if slices.Contains(allowed, word) {
			try = s.allowed
		}
		try(text, func(p *corev1.Pod) { p.Spec.SecurityContext.SeccompProfile = profile })
	}
}

// seLinux tries each type; beyond are another one, and a user, which no exception
// allows.
func (s *sampler) seLinux(types []string) {
	set := func(o corev1.SELinuxOptions) func(*corev1.Pod) {
		return func(p *corev1.Pod) { p.Spec.SecurityContext.SELinuxOptions = &o }
	}
	for _, t := range types {
		s.allowed("with SELinux type "+t, set(corev1.SELinuxOptions{Type: t}))
	}
	if t, ok := other([]string{"unconfined_t", "spc_t"}, types); ok {
		s.beyond("with SELinux type "+t, set(corev1.SELinuxOptions{Type: t}))
	}
	if len(types) > 0 {
		s.beyond("with SELinux type "+types[0]+" and user system_u", set(corev1.SELinuxOptions{Type: types[0], User: "system_u"}))
	}
}

// switches tries a key that has no list. Kubernetes wants hostUsers false with an
// unmasked /proc, an unset allowPrivilegeEscalation with privileged, and
// hostNetwork with hostProcess.
func (s *sampler) switches() {
	switch s.key {
	case "appArmorProfiles":
		s.allowed("with AppArmor profile Unconfined", func(p *corev1.Pod) {
			p.Spec.SecurityContext.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
		})
	case "procMountTypes":
		s.allowed("with procMount Unmasked and hostUsers false", func(p *corev1.Pod) {
			p.Spec.HostUsers = new(false)
			app(p).SecurityContext.ProcMount = new(corev1.UnmaskedProcMount)
		})
	case "privileged":
		s.allowed("with privileged true", func(p *corev1.Pod) {
			app(p).SecurityContext.Privileged, app(p).SecurityContext.AllowPrivilegeEscalation = new(true), nil
		})
	case "privilegeEscalation":
		s.allowed("with allowPrivilegeEscalation true", func(p *corev1.Pod) {
			app(p).SecurityContext.AllowPrivilegeEscalation = new(true)
		})
	case "runAsRoot":
		s.allowed("with runAsUser 0 and runAsNonRoot false", func(p *corev1.Pod) {
			p.Spec.SecurityContext.RunAsUser, p.Spec.SecurityContext.RunAsNonRoot = new(int64(0)), new(false)
		})
	case "hostProcess":
		s.allowed("with windowsOptions.hostProcess true and hostNetwork", runHostProcess)
	case "hostProbes":
		s.allowed("with a livenessProbe on another host", onOtherHost)
	}
}
