package exception_test

import (
	"slices"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

func TestCompensationsCompileEverywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	for _, lib := range everyLibrary(t) {
		for name, g := range map[string]grant{"nothing allowed": {}, "everything allowed": everything()} {
			objs := load(t, lib.tried(lib.excepted(t, g)))
			found, err := admission.Check(objs, []string{admission.Oldest, admission.Newest()})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				t.Errorf("%s: %s: %v", lib.version, name, f)
			}
		}
	}
}

// A compensation of an exception that allows nothing is the rule itself.
func TestNothingAllowedIsTheStandard(t *testing.T) {
	pods := samples(t)
	for _, lib := range everyLibrary(t) {
		standard, compensated := newJudge(t, lib.tried(lib.rules)), newJudge(t, lib.tried(lib.excepted(t, grant{})))
		refused := 0
		for _, s := range pods {
			want, got := denying(t, standard, s), denying(t, compensated, s)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s: refused by %v, want %v", lib.version, s.name, got, want)
			}
			refused += len(want)
		}
		if refused < 10*len(lib.revised) {
			t.Errorf("%s: only %d refusals by %v: do the samples still try the rules?", lib.version, refused, lib.revised)
		}
	}
}

// Whoever adds a rule or a key must say what becomes of the one by the other.
func TestWhichRulesAreTouched(t *testing.T) {
	for _, lib := range everyLibrary(t) {
		var untouched, want []string
		for _, r := range lib.rules {
			if !slices.ContainsFunc(lib.comps, func(c exception.Compensation) bool { return c.Rule == r.Name }) {
				untouched = append(untouched, r.Name)
			}
			if slices.Contains([]string{"disallow-capabilities-strict-require-drop-all", "disallow-selinux-user-role"}, r.Name) {
				want = append(want, r.Name)
			}
		}
		if !slices.Equal(untouched, want) || lib.version == pss.Latest && len(want) != 2 {
			t.Errorf("%s: no key touches %v, want %v", lib.version, untouched, want)
		}
		for _, k := range exception.Keys() {
			var got []policy.Control
			for _, c := range lib.comps {
				if slices.Contains(c.Allows, k.Name) {
					got = append(got, c.Control)
				}
			}
			if controls := held(lib, k.Controls); !sameSet(got, controls) {
				t.Errorf("%s: %s touches %v, files say %v", lib.version, k.Name, controls, got)
			}
		}
	}
}

// The names must clash with no variable of the rules that they stand beside.
func TestVariablesAreApart(t *testing.T) {
	taken := map[string]string{}
	for _, lib := range everyLibrary(t) {
		for _, r := range lib.rules {
			for _, v := range r.Variables {
				taken[v.Name] = r.Name
			}
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
	for _, lib := range everyLibrary(t) {
		for _, c := range lib.comps {
			for _, v := range c.Variables {
				check(v.Name)
			}
		}
	}
}
