package policy_test

import (
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
)

// TestObjectName wants every name that the chart makes of a rule to be taken apart into
// what it was made of, whatever the rule's own name ends with.
func TestObjectName(t *testing.T) {
	for _, rule := range []string{"no-host", "no-host-warn", "no-audit", "limit-controllers", "limit-controllers-warn", "warn"} {
		for _, controllers := range []bool{false, true} {
			for _, mode := range []policy.Mode{policy.Enforce, policy.Warn, policy.Audit} {
				want := policy.ObjectName{Rule: rule, Controllers: controllers, Mode: mode}
				if got := policy.ParseObjectName(want.String(), func(name string) bool { return name == rule }); got != want {
					t.Errorf("%s: got %+v, want %+v", want, got, want)
				}
			}
		}
	}
	for name, want := range map[string]policy.ObjectName{
		"a":                  {Rule: "a", Mode: policy.Enforce},
		"a-warn":             {Rule: "a", Mode: policy.Warn},
		"a-audit":            {Rule: "a", Mode: policy.Audit},
		"a-controllers":      {Rule: "a", Controllers: true, Mode: policy.Enforce},
		"a-controllers-warn": {Rule: "a", Controllers: true, Mode: policy.Warn},
		"a-warn-controllers": {Rule: "a-warn", Controllers: true, Mode: policy.Enforce},
		"a-warn-audit":       {Rule: "a-warn", Mode: policy.Audit},
		"warning":            {Rule: "warning", Mode: policy.Enforce},
	} {
		if got := policy.ParseObjectName(name, nil); got != want || got.String() != name {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
