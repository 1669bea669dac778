package exception_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
)

// merged gives one rule that does the work of several built-in ones, under
// another name, as an upstream library may have it, and the chart's rules with
// it in their place. Its variables bear names that built-in rules use for
// something else.
func merged(t *testing.T, lib library, name string, parts ...string) (policy.Rule, []policy.Rule) {
	t.Helper()
	out := policy.Rule{Name: name}
	var all []policy.Rule
	for _, r := range lib.rules {
		if !slices.Contains(parts, r.Name) {
			all = append(all, r)
			continue
		}
		out.Profile, out.Match, out.FailurePolicy = r.Profile, r.Match, r.FailurePolicy
		for _, c := range r.Controls {
			if !slices.Contains(out.Controls, c) {
				out.Controls = append(out.Controls, c)
			}
		}
	}
	always := policy.Expression{CEL: "variables.containers == 'mine'"}
	out.Variables = []policy.Variable{{Name: "containers", Expression: policy.Expression{CEL: "'mine'"}}}
	out.Validations = []policy.Validation{{Expression: always, Message: "mine"}}
	return out, append(all, out)
}

// compensated gives the rule with its compensation, alone.
func compensated(t *testing.T, lib library, rule policy.Rule, all []policy.Rule, g grant) (policy.Rule, exception.Compensation) {
	t.Helper()
	c, ok, err := exception.For(rule, lib.rules, all, lib.comps)
	if err != nil || !ok {
		t.Fatalf("%s: no compensation: %v", rule.Name, err)
	}
	if c.Rule != rule.Name {
		t.Errorf("compensation of %s is for %s", rule.Name, c.Rule)
	}
	return compensate(rule, c, g), c
}

// sameAs wants a rule to refuse what some built-in rules refuse, with the same
// exceptions.
func sameAs(t *testing.T, lib library, rule policy.Rule, g grant, parts ...string) {
	t.Helper()
	var want []policy.Rule
	for _, r := range lib.excepted(t, g) {
		if slices.Contains(parts, r.Name) {
			want = append(want, r)
		}
	}
	a, b, refused := newJudge(t, []policy.Rule{rule}), newJudge(t, want), 0
	for _, s := range samples(t) {
		got, want := len(denying(t, a, s)) > 0, len(denying(t, b, s)) > 0
		if got != want {
			t.Errorf("%s: %s refuses is %t, want %t", s.name, rule.Name, got, want)
		}
		if want {
			refused++
		}
	}
	if refused == 0 {
		t.Errorf("%v refuse nothing", parts)
	}
}

func TestForRenamedRule(t *testing.T) {
	lib := readLibrary(t)
	rule, all := merged(t, lib, "no-host-paths", "disallow-host-path")
	g := grant{"exPaths": []string{"/usr/share/probe"}}
	rule, c := compensated(t, lib, rule, all, g)
	if !slices.Equal(c.Allows, []string{"hostPaths"}) || c.Control != "hostPathVolumes" {
		t.Errorf("compensation allows %v of %s", c.Allows, c.Control)
	}
	sameAs(t, lib, rule, g, "disallow-host-path")
}

// Dropping ALL is touched by no key. In one rule with adding, it must outlive
// an exception for adding.
func TestForKeepsWhatNoKeyTouches(t *testing.T) {
	lib := readLibrary(t)
	parts := []string{"disallow-capabilities-strict-require-drop-all", "disallow-capabilities-strict-adding-capabilities-strict"}
	rule, all := merged(t, lib, "capabilities-strict", parts...)
	g := grant{"exCapabilities": []string{"SYS_PTRACE"}}
	rule, c := compensated(t, lib, rule, all, g)
	if !slices.Equal(c.Allows, []string{"capabilities"}) || len(c.Validations) != 2 {
		t.Errorf("compensation allows %v in %d validations", c.Allows, len(c.Validations))
	}
	for _, v := range c.Variables {
		if !strings.HasPrefix(v.Name, "exOf") && !strings.HasPrefix(v.Name, "exBy") {
			t.Errorf("variable %s can clash with one of the rule", v.Name)
		}
	}
	sameAs(t, lib, rule, g, parts...)
}

func TestForMergesKeysAndControls(t *testing.T) {
	lib := readLibrary(t)
	parts := []string{"disallow-host-namespaces", "disallow-host-ports-none", "disallow-selinux-type", "disallow-selinux-user-role"}
	rule, all := merged(t, lib, "no-host", parts...)
	for _, g := range []grant{
		{"exHostNamespaces": []string{"hostPID"}},
		{"exHostPorts": [][]int{{8080, 8080}}, "exSELinuxTypes": []string{"spc_t"}},
	} {
		got, c := compensated(t, lib, rule, all, g)
		if want := []string{"hostPorts", "hostNamespaces", "seLinuxTypes"}; !slices.Equal(c.Allows, want) || c.Control != "" {
			t.Errorf("compensation allows %v of %q, want %v", c.Allows, c.Control, want)
		}
		sameAs(t, lib, got, g, parts...)
	}
}

// A rule of a built-in name that does more than its namesake loses none of it.
func TestForNamesakeThatDoesMore(t *testing.T) {
	lib := readLibrary(t)
	parts := []string{"disallow-host-path", "disallow-host-ports-none"}
	rule, all := merged(t, lib, "disallow-host-path", parts...)
	g := grant{"exPaths": []string{"/usr/share/probe"}}
	rule, _ = compensated(t, lib, rule, all, g)
	sameAs(t, lib, rule, g, parts...)

	// But what another rule of the chart holds is that one's business.
	rule, _ = merged(t, lib, "disallow-host-path", parts...)
	rule, c := compensated(t, lib, rule, lib.rules, g)
	if !slices.Equal(c.Allows, []string{"hostPaths"}) {
		t.Errorf("compensation allows %v", c.Allows)
	}
	sameAs(t, lib, rule, g, "disallow-host-path")
}

// A second rule for a control must give way too, or the exception has no effect.
func TestForDoubledRule(t *testing.T) {
	lib := readLibrary(t)
	rule, _ := merged(t, lib, "again", "disallow-capabilities-strict-adding-capabilities-strict")
	g := grant{"exCapabilities": []string{"SYS_PTRACE"}}
	rule, _ = compensated(t, lib, rule, append(slices.Clone(lib.rules), rule), g)
	sameAs(t, lib, rule, g, "disallow-capabilities-strict-adding-capabilities-strict")
}

func TestForUntouchedRule(t *testing.T) {
	lib := readLibrary(t)
	for _, rule := range []policy.Rule{
		{Name: "require-labels", Profile: policy.Other},
		{Name: "disallow-selinux-user-role", Profile: policy.Baseline, Controls: []policy.Control{"seLinuxOptions"}},
	} {
		if c, ok, err := exception.For(rule, lib.rules, append(slices.Clone(lib.rules), rule), lib.comps); ok || err != nil {
			t.Errorf("%s: %v, %v", rule.Name, c, err)
		}
	}
}

// Two rules may use one name for two things; both must live on side by side.
func TestForRenamesVariablesThatClash(t *testing.T) {
	first, second := "object.spec.hostNetwork", "object.spec.hostPID"
	builtin := []policy.Rule{clashing("a", first), clashing("b", second), {Name: "c", Controls: []policy.Control{"x"}}}
	comps := []exception.Compensation{{Rule: "c", Allows: []string{"privileged"}}}
	c, ok, err := exception.For(policy.Rule{Name: "all", Controls: []policy.Control{"x"}}, builtin, nil, comps)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	var got []string
	for _, v := range c.Variables {
		got = append(got, v.Name+" = "+v.Expression.CEL)
	}
	for _, v := range c.Validations {
		got = append(got, v.Expression.CEL, v.MessageExpression.CEL)
	}
	want := []string{
		"exByFlag = " + first, "exByNot = !variables.exByFlag", "exByFlag2 = " + second, "exByNot2 = !variables.exByFlag2",
		`variables.exByNot && "variables.flag" != ""`, `"variables.flag" + string(variables.exByFlag)`,
		`variables.exByNot2 && "variables.flag" != ""`, `"variables.flag" + string(variables.exByFlag2)`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("compensation is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	builtin[0].Validations[0].Expression.CEL = "1 +"
	if _, _, err := exception.For(policy.Rule{Name: "all", Controls: []policy.Control{"x"}}, builtin, nil, comps); err == nil {
		t.Error("broken CEL is no error")
	}
}

func clashing(name, cel string) policy.Rule {
	e := func(cel string) policy.Expression { return policy.Expression{CEL: cel} }
	return policy.Rule{
		Name: name, Controls: []policy.Control{"x"},
		Variables: []policy.Variable{{Name: "flag", Expression: e(cel)}, {Name: "not", Expression: e("!variables.flag")}},
		Validations: []policy.Validation{{
			Expression: e("variables.not && 'variables.flag' != ''"), MessageExpression: e("'variables.flag' + string(variables.flag)"),
		}},
	}
}
