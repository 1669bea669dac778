package exception_test

import (
	"slices"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
)

func TestCompensationsCompileEverywhere(t *testing.T) {
	lib := readLibrary(t)
	for name, g := range map[string]grant{"nothing allowed": {}, "everything allowed": everything()} {
		objs := load(t, lib.excepted(t, g))
		found, err := admission.Check(objs, []string{admission.Oldest, admission.Newest()})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s: %v", name, f)
		}
	}
}

// A compensation of an exception that allows nothing is the rule itself.
func TestNothingAllowedIsTheStandard(t *testing.T) {
	lib := readLibrary(t)
	standard, compensated := newJudge(t, lib.rules), newJudge(t, lib.excepted(t, grant{}))
	refused := 0
	for _, s := range samples(t) {
		want, got := denying(t, standard, s), denying(t, compensated, s)
		if !slices.Equal(got, want) {
			t.Errorf("%s: refused by %v, want %v", s.name, got, want)
		}
		refused += len(want)
	}
	if refused < 300 {
		t.Errorf("only %d refusals: do the samples still try the rules?", refused)
	}
}

// Whoever adds a rule or a key must say what becomes of the one by the other.
func TestWhichRulesAreTouched(t *testing.T) {
	comps := readLibrary(t).comps
	var untouched []string
	for _, r := range builtinRules(t) {
		if !slices.ContainsFunc(comps, func(c exception.Compensation) bool { return c.Rule == r.Name }) {
			untouched = append(untouched, r.Name)
		}
	}
	want := []string{"disallow-capabilities-strict-require-drop-all", "disallow-selinux-user-role"}
	if !slices.Equal(untouched, want) {
		t.Errorf("no key touches %v, want %v", untouched, want)
	}
	for _, k := range exception.Keys() {
		var got []policy.Control
		for _, c := range comps {
			if slices.Contains(c.Allows, k.Name) {
				got = append(got, c.Control)
			}
		}
		for _, c := range k.Controls {
			if !slices.Contains(got, c) {
				t.Errorf("%s says it touches %s, files say %v", k.Name, c, got)
			}
		}
		if len(got) != len(k.Controls) {
			t.Errorf("%s touches %v, files say %v", k.Name, k.Controls, got)
		}
	}
}

// The names must clash with no variable of the rules that they stand beside.
func TestVariablesAreApart(t *testing.T) {
	taken := map[string]string{}
	for _, r := range builtinRules(t) {
		for _, v := range r.Variables {
			taken[v.Name] = r.Name
		}
	}
	check := func(name string) {
		if taken[name] != "" || name[:2] != "ex" {
			t.Errorf("variable %s clashes with one of %s", name, taken[name])
		}
	}
	seen := map[string]string{}
	for _, k := range exception.Keys() {
		for _, v := range k.Variables {
			check(v.Name)
			if seen[v.Name] != "" {
				t.Errorf("variable %s is of %s and of %s", v.Name, seen[v.Name], k.Name)
			}
			seen[v.Name] = k.Name
		}
	}
	for _, c := range readLibrary(t).comps {
		for _, v := range c.Variables {
			check(v.Name)
		}
	}
}
