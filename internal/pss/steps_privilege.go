package pss

import corev1 "k8s.io/api/core/v1"

func privilegedSteps() []step {
	privileged := func(v bool) func(*corev1.Container) {
		return func(c *corev1.Container) { contextOf(c).Privileged = new(v) }
	}
	out := inEach(everywhere(), about("privileged"),
		// The API wants allowPrivilegeEscalation unset or true beside it. False
		// stays here, so that no other control has a say in the verdict.
		change{"true", "privileged true", privileged(true)})
	out = append(out, inEach(everywhere(), about("privileged"), change{"false", "privileged false", privileged(false)})...)
	return append(out, inEach(inShape(bare, everywhere()), about("privileged"),
		change{"true-alone", "nothing set but privileged true", privileged(true)})...)
}

func escalationSteps() []step {
	control := about("allowPrivilegeEscalation")
	unset := change{"unset", "allowPrivilegeEscalation unset", func(c *corev1.Container) {
		contextOf(c).AllowPrivilegeEscalation = nil
	}}
	out := inEach(everywhere(), control, unset,
		change{"true", "allowPrivilegeEscalation true", func(c *corev1.Container) {
			contextOf(c).AllowPrivilegeEscalation = new(true)
		}})
	unset.name, unset.text = "unset-linux", "os.name linux and "+unset.text
	return append(out, inEach(inShape(linux, app()), control, unset)...)
}

// procMountSteps sets procMount outside a user namespace too, where the API
// refuses anything but Default before a policy is asked.
func procMountSteps() []step {
	both := about("procMount", "procMount_restricted")
	mount := func(name, text string, v corev1.ProcMountType) change {
		return change{name, text, func(c *corev1.Container) { contextOf(c).ProcMount = new(v) }}
	}
	out := inEach(everywhere(), both, mount("unmasked", "procMount Unmasked", corev1.UnmaskedProcMount))
	out = append(out, inEach(everywhere(), both, mount("default", "procMount Default", corev1.DefaultProcMount))...)
	return append(out, inEach(inShape(userNamespace, everywhere()), both,
		mount("unmasked-user-namespace", "hostUsers false and procMount Unmasked", corev1.UnmaskedProcMount))...)
}

// bareSteps leaves a whole security context out, which a rule may trip over.
// Several controls of restricted refuse that together.
func bareSteps() []step {
	none := change{"no-context", "no security context", func(c *corev1.Container) { c.SecurityContext = nil }}
	empty := change{"empty-context", "an empty security context", func(c *corev1.Container) {
		c.SecurityContext = &corev1.SecurityContext{}
	}}
	both := about("allowPrivilegeEscalation", "capabilities_restricted")
	return append(inEach(everywhere(), both, none), inEach(app(), both, empty)...)
}
