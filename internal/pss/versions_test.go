package pss_test

import (
	"fmt"
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

// revisions gives the rules of the newest library, and under every older version
// those that are other ones then.
func revisions(t testing.TB) map[string][]policy.Rule {
	t.Helper()
	out := map[string][]policy.Rule{pss.Latest: builtinRules(t)}
	seen := map[string]bool{}
	for _, r := range out[pss.Latest] {
		seen[fmt.Sprint(r.Name, r.Variables, r.Validations)] = true
	}
	for _, version := range pss.Breakpoints() {
		for _, r := range builtinAt(t, version) {
			if key := fmt.Sprint(r.Name, r.Variables, r.Validations); !seen[key] {
				seen[key] = true
				out[version] = append(out[version], r)
			}
		}
	}
	return out
}
