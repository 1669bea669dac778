package pss

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// capabilitySteps tries the lists of both profiles. The API takes any string as
// a capability, in any number.
func capabilitySteps() []step {
	both := about("capabilities_baseline", "capabilities_restricted")
	strict := about("capabilities_restricted")
	var out []step
	out = append(out, inEach(everywhere(), both,
		add("SYS_ADMIN"), add("CHOWN"), add("NET_BIND_SERVICE"))...)
	out = append(out, inEach(everywhere(), strict,
		drop("no capability dropped"),
		drop("only NET_RAW dropped", "NET_RAW"),
		change{"none", "no capabilities set", func(c *corev1.Container) { contextOf(c).Capabilities = nil }})...)
	out = append(out, inEach(app(), both,
		add("NET_BIND_SERVICE", "NET_BIND_SERVICE"), add("CHOWN", "CHOWN"), add(""),
		add("NET_RAW"), add("SYS_PTRACE"), add("ALL"), add("net_bind_service"), add("CAP_NET_BIND_SERVICE"), add("CAP_CHOWN"),
		add("NET_BIND_SERVICE", "SYS_ADMIN"), add("SYS_ADMIN", "NET_BIND_SERVICE"), add("NET_BIND_SERVICE", "CHOWN"), add("NET_BIND_SERVICE", ""),
		add("AUDIT_WRITE"), add("DAC_OVERRIDE"), add("FOWNER"), add("FSETID"), add("KILL"), add("MKNOD"),
		add("SETFCAP"), add("SETGID"), add("SETPCAP"), add("SETUID"), add("SYS_CHROOT"))...)
	out = append(out, inEach(app(), strict,
		drop("ALL dropped twice", "ALL", "ALL"),
		drop("ALL dropped behind NET_RAW", "NET_RAW", "ALL"),
		drop("ALL dropped before NET_RAW", "ALL", "NET_RAW"),
		drop("all dropped in small letters", "all"),
		drop("an empty capability dropped", ""))...)
	// The API refuses capabilities where the OS is Windows; an old version of the
	// standard asks for the same there.
	for _, c := range []change{add("CHOWN"), add("NET_BIND_SERVICE"), drop("only NET_RAW dropped", "NET_RAW")} {
		out = append(out, step{both, linux, c.name + "-windows", "for Windows with " + c.text, func(p *corev1.Pod) {
			p.Spec.OS.Name = corev1.Windows
			c.apply(&p.Spec.Containers[0])
		}})
	}
	return out
}

func add(caps ...corev1.Capability) change {
	list := capabilityList(caps)
	return change{"add-" + list, "added capabilities " + list, func(c *corev1.Container) {
		contextOf(c).Capabilities.Add = caps
	}}
}

func drop(text string, caps ...corev1.Capability) change {
	return change{"drop-" + capabilityList(caps), text, func(c *corev1.Container) {
		contextOf(c).Capabilities.Drop = caps
	}}
}

// capabilityList joins names by a comma; an empty one shows as two quotes.
func capabilityList(caps []corev1.Capability) string {
	names := make([]string, 0, len(caps))
	for _, c := range caps {
		if c == "" {
			c = `""`
		}
		names = append(names, string(c))
	}
	return strings.Join(names, ",")
}
