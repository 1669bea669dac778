package pss_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// assess gives the assessment of an upstream library beside a built-in one.
func assess(t *testing.T, up, in *library, strict bool) pss.Assessment {
	t.Helper()
	a, err := pss.Assess(pss.Input{Rules: up.rules, Builtin: in.rules, Strict: strict, Refuses: up.judge})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func reportOn(t *testing.T, a pss.Assessment, id policy.Control) pss.ControlReport {
	t.Helper()
	for _, r := range a.Controls {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("no report on %s", id)
	return pss.ControlReport{}
}

func ruleOf(t *testing.T, a pss.Assessment, name string) policy.Rule {
	t.Helper()
	for _, r := range a.Rules {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no rule %s among\n%s", name, lines(ruleNames(a)))
	return policy.Rule{}
}

func ruleNames(a pss.Assessment) []string {
	out := make([]string, 0, len(a.Rules))
	for _, r := range a.Rules {
		out = append(out, r.Name)
	}
	return out
}

// want compares one thing with what it should be.
func want[T any](t *testing.T, what string, got, wanted T) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(wanted); g != w {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}

// untouched fails for every control but the named ones that was corrected or
// is not enforced by its own upstream rule.
func untouched(t *testing.T, a pss.Assessment, but ...policy.Control) {
	t.Helper()
	for _, r := range a.Controls {
		if slices.Contains(but, r.ID) {
			continue
		}
		if r.Corrected() || r.Why() != "" || r.Source != pss.FromUpstream {
			t.Errorf("%s: corrected for %q, enforced by %v of %s", r.ID, r.Why(), r.Rules, r.Source)
		}
	}
}

func TestAssessFindsControlsByProbing(t *testing.T) {
	up, in := libraries(t)
	for _, strict := range []bool{true, false} {
		a := assess(t, up, in, strict)
		untouched(t, a)
		want(t, "additions", a.Additions, []pss.Addition{})
		for _, c := range pss.Controls() {
			want(t, "controls", ruleOf(t, a, "up-"+string(c.ID)).Controls, []policy.Control{c.ID})
			want(t, "rules", reportOn(t, a, c.ID).Rules, []string{"up-" + string(c.ID)})
		}
	}
}

func TestAssessSplitRules(t *testing.T) {
	up, in := libraries(t)
	check := up.check("runAsUser")
	none := func(s *corev1.PodSpec) { s.Containers, s.InitContainers, s.EphemeralContainers = nil, nil, nil }
	up.remove("up-runAsUser")
	up.add("up-user-pod", policy.Restricted, only(check, none))
	up.add("up-user-containers", policy.Restricted, only(check, func(s *corev1.PodSpec) {
		s.SecurityContext, s.InitContainers, s.EphemeralContainers = nil, nil, nil
	}))
	up.add("up-user-init", policy.Restricted, only(check, func(s *corev1.PodSpec) {
		s.SecurityContext, s.Containers, s.EphemeralContainers = nil, nil, nil
	}))
	up.add("up-user-ephemeral", policy.Restricted, only(check, func(s *corev1.PodSpec) {
		s.SecurityContext, s.Containers, s.InitContainers = nil, nil, nil
	}))
	a := assess(t, up, in, true)
	untouched(t, a)
	want(t, "additions", a.Additions, []pss.Addition{})
	want(t, "rules", reportOn(t, a, "runAsUser").Rules,
		[]string{"up-user-containers", "up-user-ephemeral", "up-user-init", "up-user-pod"})
}

func TestAssessMergedRules(t *testing.T) {
	up, in := libraries(t)
	up.remove("up-hostPorts", "up-hostNamespaces", "up-runAsUser")
	up.add("up-host", policy.Baseline, up.check("hostPorts"), up.check("hostNamespaces"))
	up.replace("up-runAsNonRoot", policy.Restricted, up.check("runAsNonRoot"), up.check("runAsUser"))
	a := assess(t, up, in, true)
	untouched(t, a)
	want(t, "controls", ruleOf(t, a, "up-host").Controls, []policy.Control{"hostNamespaces", "hostPorts"})
	want(t, "controls", ruleOf(t, a, "up-runAsNonRoot").Controls, []policy.Control{"runAsNonRoot", "runAsUser"})
}

// A restricted rule on volume types refuses host paths too, and is not for
// that a rule on host paths.
func TestAssessKeepsOverriddenControlsApart(t *testing.T) {
	up, in := libraries(t)
	a := assess(t, up, in, true)
	for rule, control := range map[string]policy.Control{
		"up-restrictedVolumes": "restrictedVolumes", "up-hostPathVolumes": "hostPathVolumes",
		"up-capabilities_restricted": "capabilities_restricted", "up-seccompProfile_restricted": "seccompProfile_restricted",
		"up-procMount_restricted": "procMount_restricted",
	} {
		want(t, rule, ruleOf(t, a, rule).Controls, []policy.Control{control})
	}
}

func TestAssessAdditions(t *testing.T) {
	up, in := libraries(t)
	up.add("extra-ports", policy.Baseline, either(hostPort(1, 4999), hostPort(6001, 65535)))
	up.add("extra-everything", policy.Restricted, func(*corev1.Pod) bool { return true })
	up.add("extra-nothing", policy.Restricted, func(*corev1.Pod) bool { return false })
	up.add("extra-host-users", policy.Restricted, func(p *corev1.Pod) bool { return p.Spec.HostUsers == nil })
	// In restricted it is needless beside the baseline rule, but not the other
	// way round: baseline has to stand alone.
	up.add("extra-ports-restricted", policy.Restricted, hostPort(1, 9999))
	up.add("extra-other", policy.Other, func(*corev1.Pod) bool { return true })
	up.replace("up-sysctls", policy.Baseline, up.check("sysctls"))
	for _, strict := range []bool{true, false} {
		a := assess(t, up, in, strict)
		untouched(t, a)
		const useless = "refuses nothing that the standard refuses"
		const narrow = "up-hostPorts refuses all that it refuses, and more"
		want(t, "additions", a.Additions, []pss.Addition{
			{Rule: "extra-everything", Reason: useless}, {Rule: "extra-host-users", Reason: useless},
			{Rule: "extra-nothing", Reason: useless}, {Rule: "extra-ports", Reason: narrow},
			{Rule: "extra-ports-restricted", Reason: narrow},
		})
		for _, n := range []string{"extra-ports", "extra-everything", "extra-nothing", "extra-host-users", "extra-other"} {
			want(t, n, ruleOf(t, a, n).Profile, policy.Other)
		}
		want(t, "rules", reportOn(t, a, "hostPorts").Rules, []string{"up-hostPorts"})
		if !slices.IsSorted(ruleNames(a)) {
			t.Errorf("rules are not sorted: %v", ruleNames(a))
		}
	}
}

func TestAssessWiderRestrictedRuleLeavesBaselineItsOwn(t *testing.T) {
	up, in := libraries(t)
	up.replace("up-hostPorts", policy.Baseline, hostPort(1, 9999))
	up.add("up-ports-restricted", policy.Restricted, up.check("hostPorts"))
	a := assess(t, up, in, false)
	want(t, "profile", ruleOf(t, a, "up-hostPorts").Profile, policy.Baseline)
	r := reportOn(t, a, "hostPorts")
	want(t, "rules", r.Rules, []string{"up-hostPorts", "up-ports-restricted"})
	if len(r.Deviations) == 0 {
		t.Error("baseline lets host ports pass, and no deviation is reported")
	}
}

func TestAssessMissingRule(t *testing.T) {
	up, in := libraries(t)
	up.remove("up-appArmorProfile", "up-procMount_restricted")
	up.replace("up-procMount", policy.Baseline, up.check("procMount_restricted"))

	strict := assess(t, up, in, true)
	untouched(t, strict, "appArmorProfile", "procMount_restricted", "procMount")
	r := reportOn(t, strict, "appArmorProfile")
	want(t, "added", r.Added, []string{"in-appArmorProfile"})
	want(t, "rules", r.Rules, r.Added)
	want(t, "source", r.Source, pss.FromBuiltin)
	want(t, "why", r.Why(), "no rule")
	want(t, "pin", ruleOf(t, strict, "in-appArmorProfile").Origin.Pin, in.pin)

	lenient := assess(t, up, in, false)
	r = reportOn(t, lenient, "appArmorProfile")
	want(t, "gap", r.Gap(), true)
	want(t, "source", r.Source, pss.FromNobody)
	// Baseline's own rule is stricter than the standard, and so fills this gap.
	r = reportOn(t, lenient, "procMount_restricted")
	want(t, "covered by", r.CoveredBy, []string{"up-procMount"})
	want(t, "gap", r.Gap(), false)
}

func TestAssessIsTheSameInAnyOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	up, in := libraries(t)
	up.remove("up-appArmorProfile")
	in.remove("in-capabilities_restricted")
	twoHalves(in, "in-drop", "in-add")
	up.replace("up-capabilities_restricted", policy.Restricted, refusesWindows(up.check("capabilities_restricted")))
	up.add("extra-ports", policy.Baseline, hostPort(1, 4999))
	up.replace("up-runAsUser", policy.Restricted, except(up.check("runAsUser"), isWindows))
	up.replace("up-sysctls", policy.Baseline, func(p *corev1.Pod) bool {
		return p.Spec.SecurityContext != nil && len(p.Spec.SecurityContext.Sysctls) > 0
	})
	render := func() string {
		a := assess(t, up, in, true)
		var out strings.Builder
		fmt.Fprintln(&out, a.Rules, a.Additions)
		for _, r := range a.Controls {
			fmt.Fprintln(&out, r.ID, r.Rules, r.Source, r.Replaced, r.Dropped, r.Added, r.Why())
		}
		return out.String()
	}
	first := render()
	shuffle := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		for _, rules := range [][]policy.Rule{up.rules, in.rules} {
			shuffle.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
		}
		want(t, "assessment", render(), first)
	}
}

func TestAssessAtAnOlderVersion(t *testing.T) {
	up, in := libraries(t)
	a, err := pss.Assess(pss.Input{Rules: up.rules, Builtin: in.rules, Version: "v1.20", Refuses: up.judge})
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]policy.Control, 0, len(a.Controls))
	for _, r := range a.Controls {
		ids = append(ids, r.ID)
	}
	for id, held := range map[policy.Control]bool{
		"seccompProfile_restricted": true, "capabilities_restricted": false, "runAsUser": false, "procMount_restricted": false,
	} {
		want(t, string(id), slices.Contains(ids, id), held)
	}
	if r := reportOn(t, a, "sysctls"); len(r.Deviations) == 0 {
		t.Error("the newest list of sysctls is taken for that of v1.20")
	}
}

// BenchmarkAssess is the cost of the assessment itself, correction included.
func BenchmarkAssess(b *testing.B) {
	up, in := libraries(b)
	up.remove("up-appArmorProfile")
	judge := remembering(up.judge)
	for b.Loop() {
		if _, err := pss.Assess(pss.Input{Rules: up.rules, Builtin: in.rules, Strict: true, Refuses: judge}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAssessErrors(t *testing.T) {
	up, in := libraries(t)
	broken := errors.New("broken judge")
	for name, judge := range map[string]pss.Judge{
		"broken judge":                      func([]policy.Rule, []*corev1.Pod) ([][]bool, error) { return nil, broken },
		"judge probes: verdicts of 0 rules": func([]policy.Rule, []*corev1.Pod) ([][]bool, error) { return nil, nil },
		"0 verdicts, want":                  func(r []policy.Rule, _ []*corev1.Pod) ([][]bool, error) { return make([][]bool, len(r)), nil },
	} {
		fails(t, pss.Input{Rules: up.rules, Builtin: in.rules, Refuses: judge}, name)
	}
	fails(t, pss.Input{Rules: up.rules, Builtin: in.rules, Version: "1.30", Refuses: up.judge}, `read standard version "1.30"`)
	fails(t, pss.Input{Rules: append(slices.Clone(up.rules), up.rules[0]), Refuses: up.judge}, "up-appArmorProfile.yaml:7 has it already")
}

// fails checks that an assessment fails and says so.
func fails(t *testing.T, in pss.Input, message string) {
	t.Helper()
	_, err := pss.Assess(in)
	if err == nil || !strings.Contains(err.Error(), message) {
		t.Errorf("error %v, want one with %q", err, message)
	}
}
