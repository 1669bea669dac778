package chainsaw

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// profiles gives the grants of keys that name a profile, a type or a way to
// mount.
func (a allow) profiles() []grant {
	return []grant{a.seccomp(), a.appArmor(), a.seLinux(), a.procMount()}
}

func (a allow) seccomp() grant {
	unconfined := func(p *corev1.Pod) {
		p.Spec.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	}
	unset := func(p *corev1.Pod) { p.Spec.SecurityContext.SeccompProfile = nil }
	may := func(word string) bool { return slices.Contains(a.SeccompProfiles, word) }
	g := grant{key: "seccompProfiles"}
	switch {
	case may("Unconfined"):
		g.text, g.apply = "with seccomp profile Unconfined", unconfined
		if !may("Undefined") {
			g.beyond = []change{{"unset", "without a seccomp profile", unset}}
		}
	case may("Undefined"):
		g.text, g.apply = "without a seccomp profile", unset
		g.beyond = []change{{"unconfined", "with seccomp profile Unconfined", unconfined}}
	}
	return g
}

func (a allow) appArmor() grant {
	g := grant{key: "appArmorProfiles", text: "with AppArmor profile Unconfined"}
	if slices.Contains(a.AppArmorProfiles, "Unconfined") {
		g.apply = func(p *corev1.Pod) {
			p.Spec.SecurityContext.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
		}
	}
	return g
}

func (a allow) seLinux() grant {
	g := grant{key: "seLinuxTypes"}
	if len(a.SELinuxTypes) == 0 {
		return g
	}
	set := func(o corev1.SELinuxOptions) func(*corev1.Pod) {
		return func(p *corev1.Pod) { p.Spec.SecurityContext.SELinuxOptions = &o }
	}
	g.text, g.apply = "with SELinux type "+a.SELinuxTypes[0], set(corev1.SELinuxOptions{Type: a.SELinuxTypes[0]})
	for _, t := range []string{"unconfined_t", "spc_t"} {
		if !slices.Contains(a.SELinuxTypes, t) {
			g.beyond = []change{{t, "with SELinux type " + t, set(corev1.SELinuxOptions{Type: t})}}
			break
		}
	}
	return g
}

func (a allow) procMount() grant {
	g := grant{key: "procMountTypes", text: "with procMount Unmasked"}
	if slices.Contains(a.ProcMountTypes, "Unmasked") {
		g.apply = func(p *corev1.Pod) {
			unmasked, hostUsers := corev1.UnmaskedProcMount, false
			security(p).ProcMount, p.Spec.HostUsers = &unmasked, &hostUsers // the API wants one with the other
		}
	}
	return g
}
