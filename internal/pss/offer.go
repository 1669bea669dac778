package pss

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// Offer is a pod that a live cluster can be asked about: unlike many probes,
// Kubernetes itself takes it, so that what refuses it is a policy.
type Offer struct {
	Control policy.Control // that refuses it; empty for a pod that complies with all
	Name    string         // of the probe
	Text    string         // completes "a pod …"
	Pod     *corev1.Pod    // without ephemeral containers, which no pod can be created with
}

// Offers gives the pods to ask a cluster about: one that complies, and for each
// control the few that tell most, so that every rule of the built-in library
// refuses one of them at least. There is none for baseline's procMount: what that
// refuses, Kubernetes refuses before any policy is asked.
func Offers() ([]Offer, error) {
	byName := map[string]Probe{}
	for _, p := range append(Probes(), offered()...) {
		byName[p.Name] = p
	}
	var out []Offer
	for _, c := range choices() {
		for _, name := range c.probes {
			p, ok := byName[name]
			if !ok {
				return nil, fmt.Errorf("choose probes of control %s: there is no %s", c.control, name)
			}
			pod := p.Pod.DeepCopy()
			pod.Spec.EphemeralContainers = nil
			out = append(out, Offer{Control: c.control, Name: p.Name, Text: p.Text, Pod: pod})
		}
	}
	return out, nil
}

// choice is what is offered for a control.
type choice struct {
	control policy.Control
	probes  []string
}

// choices takes two for most controls: the plainest, and one in another kind of
// container or of another rule, since these are what a rule forgets.
func choices() []choice {
	return []choice{
		{"", []string{"shape/every-kind"}},
		{"appArmorProfile", []string{"appArmorProfile/pod-Unconfined", "appArmorProfile/Unconfined@init"}},
		{"capabilities_baseline", []string{"capabilities_baseline/add-SYS_ADMIN@app", "capabilities_baseline/add-SYS_ADMIN@init"}},
		{"hostNamespaces", []string{"hostNamespaces/network", "hostNamespaces/pid", "hostNamespaces/ipc"}},
		{"hostPathVolumes", []string{"restrictedVolumes/host-path", "restrictedVolumes/host-path-second"}},
		{"hostPorts", []string{"hostPorts/8080@app", "hostPorts/8080@init"}},
		{"hostProbesAndHostLifecycle", []string{"hostProbesAndHostLifecycle/livenessProbe-http192.0.2.1@app", "hostProbesAndHostLifecycle/preStop-tcp192.0.2.1@app"}},
		{"privileged", []string{"privileged/true-unset@app", "privileged/true-unset@init"}},
		{"seLinuxOptions", []string{"seLinuxOptions/pod-type spc_t", "seLinuxOptions/user system_u@init"}},
		{"seccompProfile_baseline", []string{"seccompProfile_restricted/pod-Unconfined", "seccompProfile_restricted/Unconfined@init"}},
		{"sysctls", []string{"sysctls/kernel.msgmax", "sysctls/net.ipv4.tcp_syncookies,kernel.msgmax"}},
		{"windowsHostProcess", []string{"windowsHostProcess/pod-true-network"}},
		{"allowPrivilegeEscalation", []string{"allowPrivilegeEscalation/unset@app", "allowPrivilegeEscalation/true@init"}},
		{"capabilities_restricted", []string{"capabilities_restricted/drop-@app", "capabilities_baseline/add-CHOWN@init"}},
		{"procMount_restricted", []string{"procMount/unmasked-user-namespace@app", "procMount/unmasked-user-namespace@init"}},
		{"restrictedVolumes", []string{"restrictedVolumes/nfs-share"}},
		{"runAsNonRoot", []string{"runAsNonRoot/unset", "runAsNonRoot/false@init"}},
		{"runAsUser", []string{"runAsUser/pod-0", "runAsUser/0@init"}},
		{"seccompProfile_restricted", []string{"seccompProfile_restricted/unset", "seccompProfile_restricted/unset@init"}},
	}
}

// offered gives probes for a cluster only. Beside what they try they hold what
// Kubernetes wants with it, so that other controls may refuse them too; that is
// why Probes leaves them out.
func offered() []Probe {
	var out []Probe
	add := func(name, text, from string, apply func(*corev1.Pod)) {
		for _, s := range shapes() {
			if s.name == from {
				pod := s.build()
				apply(pod)
				out = append(out, Probe{Name: name, Text: text, Pod: pod})
			}
		}
	}
	privileged := func(c *corev1.Container) {
		c.SecurityContext.Privileged, c.SecurityContext.AllowPrivilegeEscalation = new(true), nil
	}
	add("privileged/true-unset@app", "with privileged true in a container", plain, func(p *corev1.Pod) {
		privileged(&p.Spec.Containers[0])
	})
	add("privileged/true-unset@init", "with privileged true in an init container", everyKind, func(p *corev1.Pod) {
		privileged(&p.Spec.InitContainers[0])
	})
	add("windowsHostProcess/pod-true-network", "with windowsOptions.hostProcess true and hostNetwork", windows, func(p *corev1.Pod) {
		p.Spec.HostNetwork = true
		podContextOf(p).WindowsOptions = &corev1.WindowsSecurityContextOptions{HostProcess: new(true)}
	})
	add("restrictedVolumes/nfs-share", "with a volume of type nfs", plain, func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{Name: "v0", VolumeSource: corev1.VolumeSource{
			NFS: &corev1.NFSVolumeSource{Server: "nfs.example", Path: "/share"},
		}}}
	})
	return out
}
