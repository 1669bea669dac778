package sample

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// Offer is a pod that a live cluster can be asked about: unlike many probes,
// Kubernetes itself takes it, so that what refuses it is a policy.
type Offer struct {
	Control policy.Control // that refuses it; empty for a pod that complies with all
	Name    string         // of the probe
	Text    string         // completes "a pod …"
	Pod     *corev1.Pod    // without ephemeral containers, which no pod can be created with
}

// Creatable gives the probes that a pod can be created from, each with what the API
// wants beside the thing that it tries, so that other controls may refuse it too:
// that is why Probes leaves this out. Those of ephemeral containers are not there.
// Some the API may still not take; Valid says which.
func Creatable() []pss.Probe {
	var out []pss.Probe
	for _, p := range pss.Probes() {
		_, container, _ := strings.Cut(p.Name, "@")
		if container == "debug" {
			continue
		}
		p.Text += Complete(p.Pod, container)
		out = append(out, p)
	}
	return out
}

// Offers gives the pods to ask a cluster about: one that complies, and for each
// control the few that tell most, so that every rule of the built-in library
// refuses one of them at least. There is none for baseline's procMount: what that
// refuses, Kubernetes refuses before any policy is asked.
func Offers() ([]Offer, error) {
	byName := map[string]pss.Probe{}
	for _, p := range Creatable() {
		byName[p.Name] = p
	}
	var out []Offer
	for _, c := range choices() {
		for _, name := range c.probes {
			p, ok := byName[name]
			if !ok {
				return nil, fmt.Errorf("choose probes of control %s: there is no %s", c.control, name)
			}
			out = append(out, Offer{Control: c.control, Name: p.Name, Text: p.Text, Pod: p.Pod})
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
		{"privileged", []string{"privileged/true@app", "privileged/true@init"}},
		{"seLinuxOptions", []string{"seLinuxOptions/pod-type spc_t", "seLinuxOptions/user system_u@init"}},
		{"seccompProfile_baseline", []string{"seccompProfile_restricted/pod-Unconfined", "seccompProfile_restricted/Unconfined@init"}},
		{"sysctls", []string{"sysctls/kernel.msgmax", "sysctls/net.ipv4.tcp_syncookies,kernel.msgmax"}},
		{"windowsHostProcess", []string{"windowsHostProcess/pod-true-windows"}},
		{"allowPrivilegeEscalation", []string{"allowPrivilegeEscalation/unset@app", "allowPrivilegeEscalation/true@init"}},
		{"capabilities_restricted", []string{"capabilities_restricted/drop-@app", "capabilities_baseline/add-CHOWN@init"}},
		{"procMount_restricted", []string{"procMount/unmasked-user-namespace@app", "procMount/unmasked-user-namespace@init"}},
		{"restrictedVolumes", []string{"restrictedVolumes/type-nfs"}},
		{"runAsNonRoot", []string{"runAsNonRoot/unset", "runAsNonRoot/false@init"}},
		{"runAsUser", []string{"runAsUser/pod-0", "runAsUser/0@init"}},
		{"seccompProfile_restricted", []string{"seccompProfile_restricted/unset", "seccompProfile_restricted/unset@init"}},
	}
}
