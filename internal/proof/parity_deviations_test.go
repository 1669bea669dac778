package proof_test

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// deviations gives those that are known of the published library, release-1.17.
// Where a control came or changed with a version, that version is among those at
// which the deviation must be found.
func deviations() []deviation {
	always, windows, users := []string{"v1.0", "v1.37"}, []string{"v1.25", "v1.37"}, []string{"v1.35", "v1.37"}
	out := []deviation{
		{"seccompProfile_restricted", []string{"v1.19", "v1.37"}, false, "no profile is set", func(p *corev1.Pod) bool {
			return ofPod(p.DeepCopy()).SeccompProfile == nil && !inAny(p, func(s *corev1.SecurityContext) bool { return s.SeccompProfile != nil })
		}},
		{"appArmorProfile", always, false, "a field", func(p *corev1.Pod) bool { return len(p.Annotations) == 0 }},
		{"appArmorProfile", always, false, "an annotation", func(p *corev1.Pod) bool {
			return p.Spec.SecurityContext.AppArmorProfile == nil && !inAny(p, func(s *corev1.SecurityContext) bool { return s.AppArmorProfile != nil })
		}},
		{"hostProbesAndHostLifecycle", []string{"v1.34", "v1.37"}, false, "any host", anyPod},
		{"windowsHostProcess", always, false, "for the whole pod", func(p *corev1.Pod) bool { return p.Spec.SecurityContext.WindowsOptions != nil }},
		{"runAsNonRoot", always, false, "false, and true in every container", func(p *corev1.Pod) bool {
			return !inAny(p, func(s *corev1.SecurityContext) bool { return s.RunAsNonRoot == nil || !*s.RunAsNonRoot })
		}},
		{"capabilities_baseline", always, false, "an empty name", func(p *corev1.Pod) bool {
			return adds(p, func(c []corev1.Capability) bool { return slices.Contains(c, "") })
		}},
		{"capabilities_restricted", []string{"v1.22", "v1.37"}, true, "an allowed one twice", func(p *corev1.Pod) bool { return adds(p, twice("NET_BIND_SERVICE")) }},
		{"capabilities_restricted", []string{"v1.22", "v1.37"}, true, "ALL dropped twice", func(p *corev1.Pod) bool {
			return inAny(p, func(s *corev1.SecurityContext) bool {
				return s.Capabilities != nil && twice("ALL")(s.Capabilities.Drop)
			}) &&
				!adds(p, twice("NET_BIND_SERVICE"))
		}},
		{"capabilities_restricted", windows, true, "for Windows", isWindows},
		{"allowPrivilegeEscalation", windows, true, "for Windows", isWindows},
		{"seccompProfile_restricted", windows, true, "for Windows", isWindows},
		{"runAsNonRoot", users, true, "in a user namespace", inUserNamespace},
		{"runAsUser", users, true, "in a user namespace", inUserNamespace},
		{"procMount", users, true, "in a user namespace", inUserNamespace},
		{"seLinuxOptions", []string{"v1.31", "v1.37"}, true, "container_engine_t", func(p *corev1.Pod) bool {
			engine := func(o *corev1.SELinuxOptions) bool { return o != nil && o.Type == "container_engine_t" }
			return engine(p.Spec.SecurityContext.SELinuxOptions) || inAny(p, func(s *corev1.SecurityContext) bool { return engine(s.SELinuxOptions) })
		}},
		{"restrictedVolumes", always, true, "a volume of an image", func(p *corev1.Pod) bool {
			return slices.ContainsFunc(p.Spec.Volumes, func(v corev1.Volume) bool { return v.Image != nil })
		}},
	}
	for version, name := range map[string]string{
		"v1.27": "net.ipv4.ip_local_reserved_ports", "v1.29": "net.ipv4.tcp_fin_timeout",
		"v1.32": "net.ipv4.tcp_rmem", "v1.37": "net.ipv4.tcp_notsent_lowat",
	} {
		out = append(out, deviation{"sysctls", []string{version}, true, name, func(p *corev1.Pod) bool {
			return slices.ContainsFunc(p.Spec.SecurityContext.Sysctls, func(s corev1.Sysctl) bool { return s.Name == name })
		}})
	}
	return out
}

func anyPod(*corev1.Pod) bool { return true }

func inUserNamespace(p *corev1.Pod) bool { return p.Spec.HostUsers != nil && !*p.Spec.HostUsers }

// inAny says whether a security context of a container is so; one that is not
// there counts as an empty one.
func inAny(p *corev1.Pod, is func(*corev1.SecurityContext) bool) bool {
	return slices.ContainsFunc(securityContexts(p.DeepCopy(), true), is)
}

// adds says whether the capabilities that a container adds are so.
func adds(p *corev1.Pod, is func([]corev1.Capability) bool) bool {
	return inAny(p, func(s *corev1.SecurityContext) bool { return s.Capabilities != nil && is(s.Capabilities.Add) })
}

// twice says whether a capability is in a list more than once.
func twice(name corev1.Capability) func([]corev1.Capability) bool {
	return func(list []corev1.Capability) bool {
		return len(slices.DeleteFunc(slices.Clone(list), func(c corev1.Capability) bool { return c != name })) > 1
	}
}
