package chainsaw

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// exception is what one allows, as the chart's values say it.
type exception struct{ Allow allow }

type allow struct {
	Capabilities     []corev1.Capability
	HostPaths        []hostPath
	VolumeTypes      []string
	HostPorts        []portRange
	HostNamespaces   []string
	Sysctls          []string
	SeccompProfiles  []string
	AppArmorProfiles []string
	SELinuxTypes     []string
	ProcMountTypes   []string

	Privileged, PrivilegeEscalation, RunAsRoot, HostProcess, HostProbes bool
}

type hostPath struct {
	Path, PathPrefix string
	ReadOnly         bool
}

// change is something done to a compliant pod; text goes on after "a pod".
type change struct {
	name, text string
	apply      func(*corev1.Pod)
}

// grant is one key of an exception: the change that uses all that it allows, and
// those that take a pod which does so one step beyond.
type grant struct {
	key    string
	text   string
	apply  func(*corev1.Pod)
	beyond []change
}

// grants gives the keys that an exception sets, in a fixed order.
func (e *exception) grants() []grant {
	a := e.Allow
	all := slices.Concat(a.volumes(), a.lists(), a.profiles(), a.switches())
	return slices.DeleteFunc(all, func(g grant) bool { return g.apply == nil })
}

// lists gives the grants of keys that are lists of words.
func (a allow) lists() []grant {
	var out []grant
	if len(a.Capabilities) > 0 {
		g := grant{key: "capabilities", text: "with capabilities " + join(a.Capabilities), apply: func(p *corev1.Pod) {
			capabilities(p).Add = append(capabilities(p).Add, a.Capabilities...)
		}}
		for _, c := range []corev1.Capability{"SYS_ADMIN", "SYS_MODULE"} {
			if !slices.Contains(a.Capabilities, c) {
				g.beyond = append(g.beyond, change{string(c), "with capability " + string(c) + " too", func(p *corev1.Pod) {
					capabilities(p).Add = append(capabilities(p).Add, c)
				}})
			}
		}
		out = append(out, g)
	}
	if len(a.HostNamespaces) > 0 {
		g := grant{key: "hostNamespaces", text: "with " + join(a.HostNamespaces), apply: func(p *corev1.Pod) {
			for _, n := range a.HostNamespaces {
				shareHost(p, n)
			}
		}}
		for _, n := range []string{"hostPID", "hostIPC", "hostNetwork"} {
			if !slices.Contains(a.HostNamespaces, n) {
				g.beyond = append(g.beyond, change{n, "with " + n + " too", func(p *corev1.Pod) { shareHost(p, n) }})
			}
		}
		out = append(out, g)
	}
	if len(a.Sysctls) > 0 {
		g := grant{key: "sysctls", text: "with sysctls " + join(a.Sysctls), apply: func(p *corev1.Pod) { setSysctls(p, a.Sysctls...) }}
		for _, n := range []string{"kernel.msgmax", "net.core.somaxconn"} {
			if !slices.Contains(a.Sysctls, n) {
				g.beyond = append(g.beyond, change{n, "with sysctl " + n + " too", func(p *corev1.Pod) { setSysctls(p, n) }})
				break
			}
		}
		out = append(out, g)
	}
	return append(out, a.ports())
}

// switches gives the grants of keys that are true or not there. What they allow
// they allow whole, so nothing is beyond.
func (a allow) switches() []grant {
	none := func(set bool, g grant) grant {
		if !set {
			g.apply = nil
		}
		return g
	}
	yes, root := true, int64(0)
	return []grant{
		none(a.Privileged, grant{key: "privileged", text: "with a privileged container", apply: func(p *corev1.Pod) {
			security(p).Privileged, security(p).AllowPrivilegeEscalation = &yes, nil
		}}),
		none(a.PrivilegeEscalation, grant{key: "privilegeEscalation", text: "with allowPrivilegeEscalation true", apply: func(p *corev1.Pod) {
			security(p).AllowPrivilegeEscalation = &yes
		}}),
		none(a.RunAsRoot, grant{key: "runAsRoot", text: "that runs as root", apply: func(p *corev1.Pod) {
			p.Spec.SecurityContext.RunAsNonRoot, p.Spec.SecurityContext.RunAsUser = nil, &root
		}}),
		none(a.HostProcess, grant{key: "hostProcess", text: "with a HostProcess container", apply: onWindows}),
		none(a.HostProbes, grant{key: "hostProbes", text: "with a probe of another host", apply: func(p *corev1.Pod) {
			p.Spec.Containers[0].LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
				HTTPGet: &corev1.HTTPGetAction{Host: "192.0.2.1", Path: "/", Port: intstr.FromInt32(8080)}}}
		}}),
	}
}

// elsewhere gives steps beyond an exception that touch others of the standard's
// controls; which of them does, the judge says.
func elsewhere() []change {
	return []change{
		{"hostPID", "with hostPID", func(p *corev1.Pod) { p.Spec.HostPID = true }},
		{"hostPort", "with a host port", func(p *corev1.Pod) { addPort(p, 8080) }},
		{"hostIPC", "with hostIPC", func(p *corev1.Pod) { p.Spec.HostIPC = true }},
	}
}

func join[T ~string](words []T) string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		out = append(out, string(w))
	}
	return strings.Join(out, ", ")
}
