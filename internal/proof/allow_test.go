package proof_test

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// allows is what an exception allows, by key, as the values say it. Its method
// take says in plain Go what that means, apart from all CEL: what is left of a
// pod once all that is allowed is taken out of it. Where the standard refuses
// nothing of what is left, the pod stands.
type allows map[string]any

// take takes out of a pod what one key allows.
func (a allows) take(key string, p *corev1.Pod) {
	switch key {
	case "capabilities":
		takeCapabilities(p, texts(a[key]))
	case "hostPaths":
		takeHostPaths(p, tables(a[key]))
	case "volumeTypes":
		takeVolumes(p, texts(a[key]))
	case "hostPorts":
		takeHostPorts(p, a[key].([]any))
	case "hostNamespaces":
		names := texts(a[key])
		p.Spec.HostNetwork = p.Spec.HostNetwork && !slices.Contains(names, "hostNetwork")
		p.Spec.HostPID = p.Spec.HostPID && !slices.Contains(names, "hostPID")
		p.Spec.HostIPC = p.Spec.HostIPC && !slices.Contains(names, "hostIPC")
	case "sysctls":
		if c := p.Spec.SecurityContext; c != nil {
			c.Sysctls = slices.DeleteFunc(c.Sysctls, func(s corev1.Sysctl) bool { return slices.Contains(texts(a[key]), s.Name) })
		}
	case "seccompProfiles":
		takeSeccomp(p, texts(a[key]))
	case "appArmorProfiles":
		takeAppArmor(p)
	case "seLinuxTypes":
		takeSELinux(p, texts(a[key]))
	default:
		takeSwitch(key, p)
	}
}

// takeSwitch takes out what a key without a list allows.
func takeSwitch(key string, p *corev1.Pod) {
	for _, c := range securityContexts(p, key == "privilegeEscalation") {
		switch key {
		case "procMountTypes":
			c.ProcMount = nil
		case "privileged":
			c.Privileged = nil
		case "privilegeEscalation":
			c.AllowPrivilegeEscalation = new(false)
		case "runAsRoot":
			c.RunAsNonRoot, c.RunAsUser = nil, nil
		case "hostProcess":
			c.WindowsOptions = nil
		}
	}
	switch key {
	case "runAsRoot":
		ofPod(p).RunAsNonRoot, ofPod(p).RunAsUser = new(true), nil
	case "hostProcess":
		ofPod(p).WindowsOptions = nil
	case "hostProbes":
		takeHosts(p)
	}
}

func takeCapabilities(p *corev1.Pod, names []string) {
	for _, c := range securityContexts(p, false) {
		if c.Capabilities != nil {
			c.Capabilities.Add = slices.DeleteFunc(c.Capabilities.Add, func(n corev1.Capability) bool { return slices.Contains(names, string(n)) })
		}
	}
}

// takeHostPaths takes out each volume that one of the grants allows: at the
// very path, or below it by whole elements; never through `..`; and read-only
// only where every mount of the volume is.
func takeHostPaths(p *corev1.Pod, grants []map[string]any) {
	p.Spec.Volumes = slices.DeleteFunc(p.Spec.Volumes, func(v corev1.Volume) bool {
		return v.HostPath != nil && slices.ContainsFunc(grants, func(g map[string]any) bool {
			if g["readOnly"] == true && writes(p, v.Name) {
				return false
			}
			at := v.HostPath.Path
			if slices.Contains(strings.Split(at, "/"), "..") || !strings.HasPrefix(at, "/") {
				return false
			}
			if exact, ok := g["path"].(string); ok {
				return path.Clean(at) == path.Clean(exact)
			}
			prefix := path.Clean(g["pathPrefix"].(string))
			return path.Clean(at) == prefix || strings.HasPrefix(path.Clean(at), strings.TrimSuffix(prefix, "/")+"/")
		})
	})
}

// writes says whether any container mounts the volume so that it can write.
func writes(p *corev1.Pod, volume string) bool {
	return slices.ContainsFunc(containers(p), func(c *corev1.Container) bool {
		return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume && !m.ReadOnly })
	})
}

func takeVolumes(p *corev1.Pod, types []string) {
	p.Spec.Volumes = slices.DeleteFunc(p.Spec.Volumes, func(v corev1.Volume) bool {
		text, err := yaml.Marshal(v.VolumeSource)
		name, _, _ := strings.Cut(string(text), ":")
		return err == nil && slices.Contains(types, name)
	})
}

func takeHostPorts(p *corev1.Pod, grants []any) {
	for _, c := range containers(p) {
		for i, port := range c.Ports {
			for _, g := range grants {
				low, high := g, g
				if r, ok := g.(map[string]any); ok {
					low, high = r["min"], r["max"]
				}
				if n := float64(port.HostPort); low.(float64) <= n && n <= high.(float64) {
					c.Ports[i].HostPort = 0
				}
			}
		}
	}
}

func takeSeccomp(p *corev1.Pod, words []string) {
	fine := func(s *corev1.SeccompProfile) *corev1.SeccompProfile {
		if s != nil && s.Type == corev1.SeccompProfileTypeUnconfined && slices.Contains(words, "Unconfined") {
			return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
		}
		return s
	}
	for _, c := range securityContexts(p, false) {
		c.SeccompProfile = fine(c.SeccompProfile)
	}
	for key, value := range p.Annotations { // what there was before the field
		if value == corev1.SeccompProfileNameUnconfined && slices.Contains(words, "Unconfined") && strings.Contains(key, "seccomp") {
			delete(p.Annotations, key)
		}
	}
	c := ofPod(p)
	if c.SeccompProfile = fine(c.SeccompProfile); c.SeccompProfile == nil && slices.Contains(words, "Undefined") {
		c.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
}

func takeAppArmor(p *corev1.Pod) {
	fine := func(a *corev1.AppArmorProfile) *corev1.AppArmorProfile {
		if a != nil && a.Type == corev1.AppArmorProfileTypeUnconfined {
			return nil
		}
		return a
	}
	for _, c := range securityContexts(p, false) {
		c.AppArmorProfile = fine(c.AppArmorProfile)
	}
	ofPod(p).AppArmorProfile = fine(ofPod(p).AppArmorProfile)
	for key, value := range p.Annotations {
		if value == corev1.DeprecatedAppArmorBetaProfileNameUnconfined {
			delete(p.Annotations, key)
		}
	}
}

func takeSELinux(p *corev1.Pod, types []string) {
	fine := func(o *corev1.SELinuxOptions) {
		if o != nil && slices.Contains(types, o.Type) {
			o.Type = ""
		}
	}
	for _, c := range securityContexts(p, false) {
		fine(c.SELinuxOptions)
	}
	fine(ofPod(p).SELinuxOptions)
}
