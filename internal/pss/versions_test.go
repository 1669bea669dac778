package pss_test

import (
	"slices"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/policies"
)

// builtinAt reads the embedded library of a version.
func builtinAt(t testing.TB, version string) []policy.Rule {
	t.Helper()
	lib, err := policies.At(version)
	if err != nil {
		t.Fatal(err)
	}
	return readRules(t, policy.Pin{Source: "builtin"}, lib, "pod-security-cel")
}

// A release of Kubernetes that revises a check fails here until the library has
// that revision.
func TestBuiltinHasEveryRevision(t *testing.T) {
	if got, want := policies.Versions(), pss.Breakpoints(); !slices.Equal(got, want) {
		t.Errorf("the library changes at %v, the standard at %v", got, want)
	}
}

func TestBuiltinAtEveryVersion(t *testing.T) {
	judge := remembering(judgeByAdmission)
	for _, version := range pss.Breakpoints() {
		rules := builtinAt(t, version)
		a, err := pss.Assess(pss.Input{Rules: rules, Builtin: rules, Version: version, Strict: true, Refuses: judge})
		if err != nil {
			t.Fatalf("%s: %v", version, err)
		}
		for _, r := range a.Controls {
			if r.Why() != "" || r.Source != pss.FromBuiltin {
				t.Errorf("%s: %s: from %s, %s", version, r.ID, r.Source, r.Why())
			}
		}
		for _, n := range a.Additions {
			t.Errorf("%s: %s: %s", version, n.Rule, n.Reason)
		}
	}
}
