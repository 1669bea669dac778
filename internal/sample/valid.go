package sample

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Valid says whether an API server of a minor version takes an object, as far as
// samples and probes are wont to go wrong; what it would refuse for other reasons than a
// policy shows nothing. The whole validation lives in Kubernetes itself, which
// no module can require: the end-to-end tests hold this against it.
func Valid(object runtime.Object, kubernetes string) bool {
	t := Template(object)
	if t == nil {
		return false
	}
	minor, err := strconv.Atoi(strings.TrimPrefix(kubernetes, "1."))
	spec := &t.Spec
	return err == nil && minor >= since(spec) && len(spec.EphemeralContainers) == 0 && len(spec.Containers) > 0 &&
		validContainers(spec) && validVolumes(spec) && validWindows(spec) && validSysctls(spec) && validAnnotations(t)
}

// since gives the first minor version that has all fields of a pod without a
// feature gate. An older one drops them, and admits what is left.
func since(spec *corev1.PodSpec) int {
	minor := 0
	if spec.HostUsers != nil {
		minor = max(minor, 33)
	}
	for _, c := range containers(spec) {
		if c.SecurityContext != nil && c.SecurityContext.ProcMount != nil {
			minor = max(minor, 33)
		}
	}
	if slices.ContainsFunc(spec.Volumes, func(v corev1.Volume) bool { return v.Image != nil }) {
		minor = max(minor, 35)
	}
	return minor
}

func validContainers(spec *corev1.PodSpec) bool {
	names := map[string]bool{}
	for _, c := range containers(spec) {
		if names[c.Name] || len(validation.IsDNS1123Label(c.Name)) > 0 || strings.TrimSpace(c.Image) == "" {
			return false
		}
		names[c.Name] = true
		if !validContext(spec, c.SecurityContext) || !validMounts(spec, c) || !validPorts(spec, c) {
			return false
		}
	}
	return true
}

// validContext knows which settings exclude each other.
func validContext(spec *corev1.PodSpec, c *corev1.SecurityContext) bool {
	if c == nil {
		return true
	}
	if c.AllowPrivilegeEscalation != nil && !*c.AllowPrivilegeEscalation {
		privileged := c.Privileged != nil && *c.Privileged
		if privileged || c.Capabilities != nil && slices.Contains(c.Capabilities.Add, "CAP_SYS_ADMIN") {
			return false
		}
	}
	unmasked := c.ProcMount != nil && *c.ProcMount != corev1.DefaultProcMount
	inHost := spec.HostUsers == nil || *spec.HostUsers
	return !unmasked || *c.ProcMount == corev1.UnmaskedProcMount && !inHost
}

func validMounts(spec *corev1.PodSpec, c corev1.Container) bool {
	for _, m := range c.VolumeMounts {
		if m.MountPath == "" || !slices.ContainsFunc(spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name }) {
			return false
		}
	}
	return true
}

func validPorts(spec *corev1.PodSpec, c corev1.Container) bool {
	seen := map[corev1.ContainerPort]bool{}
	for _, p := range c.Ports {
		if p.ContainerPort < 1 || p.ContainerPort > 65535 || p.HostPort < 0 || p.HostPort > 65535 {
			return false
		}
		if spec.HostNetwork && p.HostPort != 0 && p.HostPort != p.ContainerPort {
			return false
		}
		host := corev1.ContainerPort{HostPort: p.HostPort, HostIP: p.HostIP, Protocol: p.Protocol}
		if p.HostPort != 0 && seen[host] {
			return false
		}
		seen[host] = true
	}
	return true
}

func validVolumes(spec *corev1.PodSpec) bool {
	names := map[string]bool{}
	for _, v := range spec.Volumes {
		if names[v.Name] || len(validation.IsDNS1123Label(v.Name)) > 0 || !validSource(v.VolumeSource) {
			return false
		}
		names[v.Name] = true
	}
	shares := spec.HostNetwork || spec.HostPID || spec.HostIPC
	return !shares || spec.HostUsers == nil || *spec.HostUsers
}

// validWindows knows that HostProcess needs the host's network, and is for all
// containers of a pod or for none.
func validWindows(spec *corev1.PodSpec) bool {
	process := func(o *corev1.WindowsSecurityContextOptions) *bool {
		if o == nil {
			return nil
		}
		return o.HostProcess
	}
	var pod *bool
	if c := spec.SecurityContext; c != nil {
		pod = process(c.WindowsOptions)
		onWindows := spec.OS != nil && spec.OS.Name == corev1.Windows
		if onWindows && (spec.HostPID || spec.HostIPC || c.SeccompProfile != nil || c.SELinuxOptions != nil || c.RunAsUser != nil || len(c.Sysctls) > 0 || c.AppArmorProfile != nil) {
			return false
		}
	}
	hosts, all := 0, containers(spec)
	for _, c := range all {
		own := pod
		if c.SecurityContext != nil && process(c.SecurityContext.WindowsOptions) != nil {
			own = process(c.SecurityContext.WindowsOptions)
			if pod != nil && *pod != *own {
				return false
			}
		}
		if own != nil && *own {
			hosts++
		}
	}
	return hosts == 0 || hosts == len(all) && spec.HostNetwork
}

// validSysctls knows that those of a namespace need one of the pod's own.
func validSysctls(spec *corev1.PodSpec) bool {
	if spec.SecurityContext == nil {
		return true
	}
	seen := map[string]bool{}
	for _, s := range spec.SecurityContext.Sysctls {
		name := strings.ReplaceAll(s.Name, "/", ".")
		if seen[s.Name] || spec.HostNetwork && strings.HasPrefix(name, "net.") ||
			spec.HostIPC && (strings.HasPrefix(name, "kernel.") || strings.HasPrefix(name, "fs.mqueue.")) {
			return false
		}
		seen[s.Name] = true
	}
	return true
}

// validAnnotations knows those of AppArmor, which name a profile and a container.
// It takes none of seccomp's, which must agree with the fields and mean nothing any
// more.
func validAnnotations(t *corev1.PodTemplateSpec) bool {
	for key, value := range t.Annotations {
		if key == corev1.SeccompPodAnnotationKey || strings.HasPrefix(key, corev1.SeccompContainerAnnotationKeyPrefix) {
			return false
		}
		container, ok := strings.CutPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)
		if !ok {
			continue
		}
		named := func(c corev1.Container) bool { return c.Name == container }
		known := value == corev1.DeprecatedAppArmorBetaProfileNameUnconfined || value == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault ||
			strings.HasPrefix(value, corev1.DeprecatedAppArmorBetaProfileNamePrefix) && len(value) > len(corev1.DeprecatedAppArmorBetaProfileNamePrefix)
		if !known || !slices.ContainsFunc(containers(&t.Spec), named) {
			return false
		}
	}
	return true
}
