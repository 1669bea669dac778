package pss_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// assessAll gives the assessments by version. Whatever the library, a name means
// the same at every version.
func assessAll(t *testing.T, up *library, strict bool) map[string]pss.Assessment {
	t.Helper()
	in := pss.Input{Rules: up.rules, Strict: strict, Refuses: up.judge}
	all, err := pss.AssessAll(in, func(v string) ([]policy.Rule, error) { return libraryAt(v, up) })
	if err != nil {
		t.Fatal(err)
	}
	sameNames(t, all)
	out := map[string]pss.Assessment{}
	for i, a := range all {
		want(t, "version", a.Version, pss.Breakpoints()[i])
		out[a.Version] = a
	}
	return out
}

// sameNames holds older versions to the names, profiles and controls of the
// newest, and wants each control held where the standard holds it.
func sameNames(t *testing.T, all []pss.Assessment) {
	t.Helper()
	newest := all[len(all)-1]
	for _, a := range all {
		for _, r := range a.Rules {
			n := ruleOf(t, newest, r.Name)
			more := slices.ContainsFunc(r.Controls, func(c policy.Control) bool { return !slices.Contains(n.Controls, c) })
			if r.Profile != n.Profile || more || len(r.Controls) == 0 && r.Profile != policy.Other {
				t.Errorf("%s: %s is of %s %v, in the newest of %s %v", a.Version, r.Name, r.Profile, r.Controls, n.Profile, n.Controls)
			}
		}
		oracle, err := pss.NewOracle(a.Version)
		if err != nil {
			t.Fatal(err)
		}
		if got, held := len(a.Controls), len(oracle.Controls()); got != held {
			t.Errorf("%s: reports on %d controls, want %d", a.Version, got, held)
		}
	}
}

func TestAssessAllKeepsNames(t *testing.T) {
	up, _ := libraries(t)
	all := assessAll(t, up, true)
	for version, a := range all {
		for _, r := range a.Controls {
			want(t, version+" rules", r.Rules, []string{"up-" + string(r.ID)})
		}
		want(t, version+" rules", len(a.Rules), len(a.Controls))
	}
	// Upstream's text where it has parity, else the revision of that version.
	for version, text := range map[string]string{
		"v1.0": "builtinv1.0/in-sysctls/0", "v1.25": "builtinv1.0/in-sysctls/0", "v1.27": "builtinv1.27/in-sysctls/0",
		"v1.35": "builtinv1.32/in-sysctls/0", "v1.37": "https://example.org/library/up-sysctls/0",
	} {
		want(t, version, texts(ruleOf(t, all[version], "up-sysctls")), []string{text})
	}
	for version, a := range all {
		want(t, version, texts(ruleOf(t, a, "up-hostPorts")), []string{"https://example.org/library/up-hostPorts/0"})
	}
	// A rule that refuses nothing of what its control was then is still its rule.
	r := reportOn(t, all["v1.0"], "seccompProfile_baseline")
	want(t, "replaced", r.Replaced, []string{"up-seccompProfile_baseline"})
}

func TestAssessAllLeavesOutWhatIsNotHeldYet(t *testing.T) {
	up, _ := libraries(t)
	up.add("extra-ports", policy.Baseline, hostPort(1, 4999))
	up.add("extra-other", policy.Other, func(*corev1.Pod) bool { return true })
	for _, strict := range []bool{true, false} {
		all := assessAll(t, up, strict)
		for version, held := range map[string]bool{"v1.32": false, "v1.34": true, "v1.37": true} {
			want(t, version, slices.Contains(ruleNames(all[version]), "up-hostProbesAndHostLifecycle"), held)
		}
		for version, a := range all {
			want(t, version, a.Additions, all["v1.37"].Additions)
			want(t, version, ruleOf(t, a, "extra-ports").Profile, policy.Other)
			want(t, version, ruleOf(t, a, "extra-other").Profile, policy.Other)
		}
	}
}

func TestAssessAllReportsUpstreamVerbatim(t *testing.T) {
	up, _ := libraries(t)
	all := assessAll(t, up, false)
	for version, deviates := range map[string]bool{"v1.0": true, "v1.32": true, "v1.37": false} {
		r := reportOn(t, all[version], "sysctls")
		want(t, version, r.Rules, []string{"up-sysctls"})
		want(t, version, r.Source, pss.FromUpstream)
		want(t, version, len(r.Deviations) > 0, deviates)
	}
}

// One rule of two controls, of which only one is held at first, refuses too
// much then.
func TestAssessAllSplitsARule(t *testing.T) {
	up, _ := libraries(t)
	up.remove("up-hostPorts", "up-hostProbesAndHostLifecycle")
	up.add("up-host", policy.Baseline, up.check("hostPorts"), up.check("hostProbesAndHostLifecycle"))
	all := assessAll(t, up, true)
	newest, before := ruleOf(t, all["v1.37"], "up-host"), ruleOf(t, all["v1.32"], "up-host")
	want(t, "controls", newest.Controls, []policy.Control{"hostPorts", "hostProbesAndHostLifecycle"})
	want(t, "controls", before.Controls, []policy.Control{"hostPorts"})
	want(t, "text", texts(before), []string{"builtinv1.0/in-hostPorts/0"})
	want(t, "newest", newest.Origin.Pin, up.pin)
}

// What the newest version dropped must not be there again at an older one, nor
// take the name with it.
func TestAssessAllDropsAtEveryVersion(t *testing.T) {
	up, _ := libraries(t)
	up.remove("up-capabilities_restricted")
	twoHalves(up, "up-add", "up-drop")
	for i, r := range up.rules {
		if r.Name == "up-add" || r.Name == "up-drop" {
			v := up.meant[texts(r)[0]]
			up.meant[texts(r)[0]] = either(v, isWindows)
			up.rules[i].Profile = policy.Restricted
		}
	}
	all := assessAll(t, up, true)
	for _, version := range []string{"v1.22", "v1.25", "v1.37"} {
		want(t, version, reportOn(t, all[version], "capabilities_restricted").Rules, []string{"up-add"})
		if rule := ruleOf(t, all[version], "up-add"); rule.Origin.Pin.Source != "builtin" {
			t.Errorf("%s: up-add is of %s", version, rule.Origin.Pin)
		}
	}
}

// The newest version puts both controls under the name of a rule that has none
// of those that older versions hold.
func TestAssessAllLendsANameOnly(t *testing.T) {
	up, _ := libraries(t)
	up.remove("up-hostPorts", "up-hostProbesAndHostLifecycle")
	up.add("aa-hooks", policy.Baseline, except(up.check("hostProbesAndHostLifecycle"), isWindows))
	up.add("up-host", policy.Baseline, up.check("hostPorts"), up.check("hostProbesAndHostLifecycle"), isWindows)
	all := assessAll(t, up, true)
	for version, controls := range map[string][]policy.Control{
		"v1.32": {"hostPorts"}, "v1.37": {"hostPorts", "hostProbesAndHostLifecycle"},
	} {
		want(t, version, ruleOf(t, all[version], "aa-hooks").Controls, controls)
		r := reportOn(t, all[version], "hostPorts")
		want(t, version, r.Rules, []string{"aa-hooks"})
		want(t, version, r.Dropped, []string{"up-host"})
		want(t, version, len(r.Added), map[bool]int{true: 1, false: 0}[version == "v1.32"])
	}
}

// A rule that the newest version brings in has its name at the others too.
func TestAssessAllMissingRule(t *testing.T) {
	up, _ := libraries(t)
	up.remove("up-sysctls", "up-runAsUser")
	for version, a := range assessAll(t, up, true) {
		r := reportOn(t, a, "sysctls")
		want(t, version, r.Rules, []string{"in-sysctls"})
		want(t, version, r.Added, r.Rules)
		want(t, version, slices.Contains(ruleNames(a), "in-runAsUser"), !slices.Contains([]string{"v1.0", "v1.8", "v1.19", "v1.22"}, version))
	}
}

func TestAssessAllJudgesEachRuleOnce(t *testing.T) {
	up, _ := libraries(t)
	asked := map[string]int{}
	in := pss.Input{Rules: up.rules, Strict: true, Refuses: func(rules []policy.Rule, pods []*corev1.Pod) ([][]bool, error) {
		names := map[string]bool{}
		for _, r := range rules {
			if names[r.Name] {
				t.Errorf("%s is there twice in one call", r.Name)
			}
			names[r.Name] = true
			asked[fmt.Sprint(texts(r))]++
		}
		return up.judge(rules, pods)
	}}
	if _, err := pss.AssessAll(in, func(v string) ([]policy.Rule, error) { return libraryAt(v, up) }); err != nil {
		t.Fatal(err)
	}
	for text, n := range asked {
		if n != 1 {
			t.Errorf("%s is judged %d times", text, n)
		}
	}
	if len(asked) < 50 {
		t.Errorf("only %d texts are judged", len(asked))
	}
}

func TestAssessAllErrors(t *testing.T) {
	up, in := libraries(t)
	broken := errors.New("broken")
	for message, test := range map[string]struct {
		judge   pss.Judge
		builtin func(string) ([]policy.Rule, error)
	}{
		"read built-in rules of v1.0: broken": {up.judge, func(string) ([]policy.Rule, error) { return nil, broken }},
		"broken":                              {func([]policy.Rule, []*corev1.Pod) ([][]bool, error) { return nil, broken }, func(string) ([]policy.Rule, error) { return in.rules, nil }},
		"assess by v1.35: prove control sysctls: admits a pod with sysctl net.ipv4.tcp_slow_start_after_idle": {
			up.judge, func(string) ([]policy.Rule, error) { return in.rules, nil }},
		"assess by v1.37: correct control appArmorProfile: the built-in library has no rule for it": {
			up.judge, func(string) ([]policy.Rule, error) { return nil, nil }},
	} {
		given := up.rules
		if strings.Contains(message, "appArmorProfile") {
			given = slices.DeleteFunc(slices.Clone(given), func(r policy.Rule) bool { return r.Name == "up-appArmorProfile" })
		}
		_, err := pss.AssessAll(pss.Input{Rules: given, Strict: true, Refuses: test.judge}, test.builtin)
		if err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("error %v, want one with %q", err, message)
		}
	}
}

// BenchmarkAssessAll is the cost of all versions beside BenchmarkAssess, the
// judge's work not counted.
func BenchmarkAssessAll(b *testing.B) {
	up, _ := libraries(b)
	up.remove("up-appArmorProfile")
	builtin := map[string][]policy.Rule{}
	for _, v := range pss.Breakpoints() {
		rules, err := libraryAt(v, up)
		if err != nil {
			b.Fatal(err)
		}
		builtin[v] = rules
	}
	judge := remembering(up.judge)
	in := pss.Input{Rules: up.rules, Strict: true, Refuses: judge}
	for b.Loop() {
		if _, err := pss.AssessAll(in, func(v string) ([]policy.Rule, error) { return builtin[v], nil }); err != nil {
			b.Fatal(err)
		}
	}
}
