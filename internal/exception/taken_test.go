package exception_test

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// trial is a grant and what takes from a pod all that it allows, written
// without CEL.
type trial struct {
	grant grant
	take  func(*corev1.Pod)
	idle  bool // no sample has what it allows
}

// each visits the parts that all kinds of container have in common.
func each(p *corev1.Pod, visit func(*corev1.Container)) {
	for i := range p.Spec.InitContainers {
		visit(&p.Spec.InitContainers[i])
	}
	for i := range p.Spec.Containers {
		visit(&p.Spec.Containers[i])
	}
	for i := range p.Spec.EphemeralContainers {
		visit((*corev1.Container)(&p.Spec.EphemeralContainers[i].EphemeralContainerCommon))
	}
}

// settings visits every security context that is there.
func settings(pod func(*corev1.PodSecurityContext), container func(*corev1.SecurityContext)) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		if p.Spec.SecurityContext != nil && pod != nil {
			pod(p.Spec.SecurityContext)
		}
		each(p, func(c *corev1.Container) {
			if c.SecurityContext != nil {
				container(c.SecurityContext)
			}
		})
	}
}

func withoutCapabilities(names ...corev1.Capability) func(*corev1.Pod) {
	return settings(nil, func(c *corev1.SecurityContext) {
		if c.Capabilities != nil {
			c.Capabilities.Add = slices.DeleteFunc(c.Capabilities.Add, func(n corev1.Capability) bool { return slices.Contains(names, n) })
		}
	})
}

// withoutHostPath takes out volumes of one path, or all; no sample mounts one.
func withoutHostPath(path string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Volumes = slices.DeleteFunc(p.Spec.Volumes, func(v corev1.Volume) bool {
			return v.HostPath != nil && (path == "" || v.HostPath.Path == path)
		})
	}
}

func withoutVolumes(types ...string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Volumes = slices.DeleteFunc(p.Spec.Volumes, func(v corev1.Volume) bool {
			text, err := yaml.Marshal(v.VolumeSource)
			name, _, _ := strings.Cut(string(text), ":")
			return err == nil && slices.Contains(types, name)
		})
	}
}

func withoutHostPorts(bounds ...int32) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		each(p, func(c *corev1.Container) {
			for i := range c.Ports {
				for b := 0; b < len(bounds); b += 2 {
					if port := c.Ports[i].HostPort; bounds[b] <= port && port <= bounds[b+1] {
						c.Ports[i].HostPort = 0
					}
				}
			}
		})
	}
}

func withoutSysctls(names ...string) func(*corev1.Pod) {
	return settings(func(c *corev1.PodSecurityContext) {
		c.Sysctls = slices.DeleteFunc(c.Sysctls, func(s corev1.Sysctl) bool { return slices.Contains(names, s.Name) })
	}, func(*corev1.SecurityContext) {})
}

func confined(p *corev1.Pod) {
	confine := func(s *corev1.SeccompProfile) {
		if s != nil && s.Type == corev1.SeccompProfileTypeUnconfined {
			s.Type = corev1.SeccompProfileTypeRuntimeDefault
		}
	}
	settings(func(c *corev1.PodSecurityContext) { confine(c.SeccompProfile) },
		func(c *corev1.SecurityContext) { confine(c.SeccompProfile) })(p)
	for key, value := range p.Annotations { // before v1.19
		if strings.Contains(key, "seccomp.security.alpha") && value == "unconfined" {
			delete(p.Annotations, key)
		}
	}
}

// defined sets a profile for all that have none.
func defined(p *corev1.Pod) {
	if p.Spec.SecurityContext == nil {
		p.Spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	if p.Spec.SecurityContext.SeccompProfile == nil {
		p.Spec.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
}

func armored(p *corev1.Pod) {
	arm := func(a *corev1.AppArmorProfile) {
		if a != nil && a.Type == corev1.AppArmorProfileTypeUnconfined {
			a.Type = corev1.AppArmorProfileTypeRuntimeDefault
		}
	}
	settings(func(c *corev1.PodSecurityContext) { arm(c.AppArmorProfile) },
		func(c *corev1.SecurityContext) { arm(c.AppArmorProfile) })(p)
	for key, value := range p.Annotations {
		if value == "unconfined" {
			delete(p.Annotations, key)
		}
	}
}

func withoutSELinuxType(name string) func(*corev1.Pod) {
	take := func(o *corev1.SELinuxOptions) {
		if o != nil && o.Type == name {
			o.Type = ""
		}
	}
	return settings(func(c *corev1.PodSecurityContext) { take(c.SELinuxOptions) },
		func(c *corev1.SecurityContext) { take(c.SELinuxOptions) })
}

func masked(p *corev1.Pod) {
	settings(nil, func(c *corev1.SecurityContext) { c.ProcMount = nil })(p)
}

func unprivileged(p *corev1.Pod) {
	settings(nil, func(c *corev1.SecurityContext) { c.Privileged = nil })(p)
}

func unescalated(p *corev1.Pod) {
	each(p, func(c *corev1.Container) {
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		c.SecurityContext.AllowPrivilegeEscalation = new(false)
	})
}

func nobody(p *corev1.Pod) {
	if p.Spec.SecurityContext == nil {
		p.Spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	settings(func(c *corev1.PodSecurityContext) { c.RunAsNonRoot, c.RunAsUser = new(true), nil },
		func(c *corev1.SecurityContext) { c.RunAsNonRoot, c.RunAsUser = nil, nil })(p)
}

func withoutHostProcess(p *corev1.Pod) {
	settings(func(c *corev1.PodSecurityContext) { c.WindowsOptions = nil },
		func(c *corev1.SecurityContext) { c.WindowsOptions = nil })(p)
}

func withoutHosts(p *corev1.Pod) {
	clear := func(get *corev1.HTTPGetAction, dial *corev1.TCPSocketAction) {
		if get != nil {
			get.Host = ""
		}
		if dial != nil {
			dial.Host = ""
		}
	}
	each(p, func(c *corev1.Container) {
		for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
			if probe != nil {
				clear(probe.HTTPGet, probe.TCPSocket)
			}
		}
		if c.Lifecycle == nil {
			return
		}
		for _, h := range []*corev1.LifecycleHandler{c.Lifecycle.PostStart, c.Lifecycle.PreStop} {
			if h != nil {
				clear(h.HTTPGet, h.TCPSocket)
			}
		}
	})
}
