package pss_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// refusesWindows stands for a rule that forgets about Windows.
func refusesWindows(v verdict) verdict { return either(v, isWindows) }

func texts(r policy.Rule) []string {
	out := make([]string, 0, len(r.Validations))
	for _, v := range r.Validations {
		out = append(out, v.Expression.CEL)
	}
	return out
}

func TestCorrectUnderTheNameInUse(t *testing.T) {
	up, in := libraries(t)
	// The check of baseline lets an unset profile pass.
	up.replace("up-seccompProfile_restricted", policy.Restricted, up.check("seccompProfile_baseline"))
	a := assess(t, up, in, true)
	untouched(t, a, "seccompProfile_restricted")
	r := reportOn(t, a, "seccompProfile_restricted")
	want(t, "replaced", r.Replaced, []string{"up-seccompProfile_restricted"})
	want(t, "rules", r.Rules, r.Replaced)
	want(t, "source", r.Source, pss.FromBuiltin)
	want(t, "why", r.Why(), fmt.Sprintf("admits a pod whose seccomp profile is unset (and %d more)", len(r.Deviations)-1))
	rule := ruleOf(t, a, "up-seccompProfile_restricted")
	want(t, "text", texts(rule), []string{"builtin/in-seccompProfile_restricted/0"})
	want(t, "origin", rule.Origin.Position(), "in-seccompProfile_restricted.yaml:7")
	want(t, "pin", rule.Origin.Pin, in.pin)

	lenient := assess(t, up, in, false)
	r = reportOn(t, lenient, "seccompProfile_restricted")
	want(t, "corrected", r.Corrected(), false)
	want(t, "deviations", len(r.Deviations) > 1, true)
	want(t, "pin", ruleOf(t, lenient, "up-seccompProfile_restricted").Origin.Pin, up.pin)
}

// twoHalves splits the built-in rule on capabilities in two.
func twoHalves(l *library, add, drop string) {
	adds := func(p *corev1.Pod) bool { return l.oracle.Refuses("capabilities_restricted", withAllDropped(p)) }
	l.add(add, policy.Restricted, adds)
	l.add(drop, policy.Restricted, except(l.check("capabilities_restricted"), func(p *corev1.Pod) bool {
		return !l.oracle.Refuses("capabilities_restricted", withNothingAdded(p))
	}))
}

func withAllDropped(p *corev1.Pod) *corev1.Pod {
	return eachContext(p, func(c *corev1.Capabilities) { c.Drop = []corev1.Capability{"ALL"} })
}

func withNothingAdded(p *corev1.Pod) *corev1.Pod {
	return eachContext(p, func(c *corev1.Capabilities) { c.Add = nil })
}

func eachContext(p *corev1.Pod, change func(*corev1.Capabilities)) *corev1.Pod {
	p = p.DeepCopy()
	all := containers(p)
	for i, c := range all {
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		if c.SecurityContext.Capabilities == nil {
			c.SecurityContext.Capabilities = &corev1.Capabilities{}
		}
		change(c.SecurityContext.Capabilities)
		all[i] = c
	}
	p.Spec.InitContainers, p.Spec.EphemeralContainers, p.Spec.Containers = nil, nil, all
	return p
}

func TestCorrectOneRuleByTwo(t *testing.T) {
	up, in := libraries(t)
	in.remove("in-capabilities_restricted")
	twoHalves(in, "in-add", "in-drop")
	up.replace("up-capabilities_restricted", policy.Restricted, refusesWindows(up.check("capabilities_restricted")))
	a := assess(t, up, in, true)
	untouched(t, a, "capabilities_restricted")
	r := reportOn(t, a, "capabilities_restricted")
	want(t, "rules", r.Rules, []string{"up-capabilities_restricted"})
	want(t, "replaced", r.Replaced, r.Rules)
	want(t, "added and dropped", len(r.Added)+len(r.Dropped), 0)
	rule := ruleOf(t, a, "up-capabilities_restricted")
	want(t, "texts", texts(rule), []string{"builtin/in-add/0", "builtin/in-drop/0"})
	want(t, "origin", rule.Origin.Policy, "in-add+in-drop")
	want(t, "controls", rule.Controls, []policy.Control{"capabilities_restricted"})
}

func TestCorrectTwoRulesByOne(t *testing.T) {
	up, in := libraries(t)
	up.remove("up-capabilities_restricted")
	// Neither holds the control alone, so that neither goes by as an addition.
	up.add("up-add", policy.Restricted, up.check("capabilities_baseline"))
	up.add("up-drop", policy.Restricted, refusesWindows(except(up.check("capabilities_restricted"), up.check("capabilities_baseline"))))
	a := assess(t, up, in, true)
	untouched(t, a, "capabilities_restricted")
	r := reportOn(t, a, "capabilities_restricted")
	want(t, "rules", r.Rules, []string{"up-add"})
	want(t, "replaced", r.Replaced, []string{"up-add"})
	want(t, "dropped", r.Dropped, []string{"up-drop"})
}

func TestCorrectNamesakesOneByOne(t *testing.T) {
	up, in := libraries(t)
	up.remove("up-capabilities_restricted")
	in.remove("in-capabilities_restricted")
	twoHalves(up, "add", "drop")
	twoHalves(in, "add", "drop")
	good := up.meant["https://example.org/library/drop/0"]
	up.replace("drop", policy.Restricted, refusesWindows(good))
	a := assess(t, up, in, true)
	untouched(t, a, "capabilities_restricted")
	r := reportOn(t, a, "capabilities_restricted")
	want(t, "rules", r.Rules, []string{"add", "drop"})
	want(t, "replaced", r.Replaced, []string{"drop"})
	want(t, "source", r.Source, pss.Mixed)
	want(t, "pin of the one kept", ruleOf(t, a, "add").Origin.Pin, up.pin)
	want(t, "pin of the one replaced", ruleOf(t, a, "drop").Origin.Pin, in.pin)

	// One of the two is missing altogether: it comes under its own name.
	up.remove("drop")
	r = reportOn(t, assess(t, up, in, true), "capabilities_restricted")
	want(t, "rules", r.Rules, []string{"add", "drop"})
	want(t, "replaced", r.Replaced, []string{})
	want(t, "added", r.Added, []string{"drop"})
}

func TestCorrectSharedRule(t *testing.T) {
	up, in := libraries(t)
	up.remove("up-hostPorts", "up-hostNamespaces")
	up.add("up-host", policy.Baseline, hostPort(1, 9999), up.check("hostNamespaces"))
	a := assess(t, up, in, true)
	untouched(t, a, "hostPorts", "hostNamespaces")
	want(t, "controls", ruleOf(t, a, "up-host").Controls, []policy.Control{"hostNamespaces", "hostPorts"})
	want(t, "texts", texts(ruleOf(t, a, "up-host")), []string{"builtin/in-hostNamespaces/0", "builtin/in-hostPorts/0"})
	ports, namespaces := reportOn(t, a, "hostPorts"), reportOn(t, a, "hostNamespaces")
	want(t, "replaced", ports.Replaced, []string{"up-host"})
	want(t, "replaced", namespaces.Replaced, []string{"up-host"})
	want(t, "why", ports.Why(), "admits a pod with host ports 30000 in a container (and 1 more)")
	want(t, "why", namespaces.Why(), "shares up-host with a control that deviates")
}

// What one of several controls was tried for, and the rule got wrong, is held
// against that control alone.
func TestCorrectBlamesTheControlThatWasTried(t *testing.T) {
	up, in := libraries(t)
	up.remove("up-hostPorts", "up-hostNamespaces")
	anyPort := func(p *corev1.Pod) bool {
		for _, c := range p.Spec.Containers {
			if len(c.Ports) > 0 {
				return true
			}
		}
		return up.oracle.Refuses("hostPorts", p)
	}
	up.add("up-host", policy.Baseline, anyPort, up.check("hostNamespaces"))
	a := assess(t, up, in, true)
	want(t, "why", reportOn(t, a, "hostPorts").Why(), "refuses a pod with host ports 0 in a container (and 2 more)")
	want(t, "why", reportOn(t, a, "hostNamespaces").Why(), "shares up-host with a control that deviates")
}

func TestCorrectDropsWhatANamesakeMakesNeedless(t *testing.T) {
	up, in := libraries(t)
	up.remove("up-hostPorts")
	up.add("in-hostPorts", policy.Baseline, hostPort(1, 9999))
	up.add("up-high-ports", policy.Baseline, hostPort(8000, 40000))
	a := assess(t, up, in, true)
	r := reportOn(t, a, "hostPorts")
	want(t, "rules", r.Rules, []string{"in-hostPorts"})
	want(t, "replaced", r.Replaced, []string{"in-hostPorts"})
	want(t, "dropped", r.Dropped, []string{"up-high-ports"})
}

// A rule that was put into the wrong profile must not be there twice.
func TestCorrectRuleOfWrongProfile(t *testing.T) {
	up, in := libraries(t)
	up.remove("up-allowPrivilegeEscalation")
	up.add("in-allowPrivilegeEscalation", policy.Baseline, up.check("allowPrivilegeEscalation"))
	a := assess(t, up, in, true)
	want(t, "additions", a.Additions, []pss.Addition{})
	r := reportOn(t, a, "allowPrivilegeEscalation")
	want(t, "replaced", r.Replaced, []string{"in-allowPrivilegeEscalation"})
	want(t, "added", r.Added, []string{})
	rule := ruleOf(t, a, "in-allowPrivilegeEscalation")
	want(t, "profile", rule.Profile, policy.Restricted)
	want(t, "pin", rule.Origin.Pin, in.pin)
}

func TestCorrectErrors(t *testing.T) {
	windows := refusesWindows
	for message, spoil := range map[string]func(up, in *library){
		"in-appArmorProfile.yaml:7 has it already": func(up, _ *library) {
			up.remove("up-appArmorProfile")
			up.add("in-appArmorProfile", policy.Other, func(*corev1.Pod) bool { return false })
		},
		"correct control appArmorProfile: the built-in library has no rule for it": func(up, in *library) {
			up.remove("up-appArmorProfile")
			in.remove("in-appArmorProfile")
		},
		"correct control runAsUser: the built-in rules change no verdict": func(up, in *library) {
			up.replace("up-runAsUser", policy.Restricted, windows(up.check("runAsUser")))
			in.replace("in-runAsUser", policy.Restricted, windows(in.check("runAsUser")))
		},
		"prove control runAsUser: admits a pod": func(up, in *library) {
			up.replace("up-runAsUser", policy.Restricted, windows(up.check("runAsUser")))
			in.replace("in-runAsUser", policy.Restricted, only(in.check("runAsUser"), func(s *corev1.PodSpec) { s.SecurityContext = nil }))
		},
		"correct control runAsUser: built-in rule in-runAsUser holds runAsNonRoot too": func(up, in *library) {
			up.remove("up-runAsUser")
			in.replace("in-runAsUser", policy.Restricted, in.check("runAsUser"), in.check("runAsNonRoot"))
		},
	} {
		up, in := libraries(t)
		spoil(up, in)
		fails(t, pss.Input{Rules: up.rules, Builtin: in.rules, Strict: true, Refuses: up.judge}, message)
	}
}
