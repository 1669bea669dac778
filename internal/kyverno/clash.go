package kyverno

import (
	"fmt"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// clashes finds names that two rules of a run would share. Kyverno's library
// repeats its policies' names from folder to folder; taken together they would
// overwrite each other.
func clashes(rules []policy.Rule) []error {
	var errs []error
	policies, names := map[string]policy.Origin{}, map[string]policy.Origin{}
	told := map[string]bool{} // paths whose policy's name is taken
	for _, rule := range rules {
		o := rule.Origin
		first, taken := policies[o.Policy]
		switch {
		case !taken:
			policies[o.Policy] = o
		case first.Path != o.Path:
			if !told[o.Path] {
				told[o.Path] = true
				errs = append(errs, clash(o, "policy", o.Policy, first))
			}
			continue
		}
		if first, taken := names[rule.Name]; taken {
			errs = append(errs, clash(o, "rule", rule.Name, first))
			continue
		}
		names[rule.Name] = o
	}
	return errs
}

func clash(o policy.Origin, what, name string, first policy.Origin) error {
	return fmt.Errorf("read %s: %w", o, &manifest.Error{
		File: o.Path, Line: o.Line,
		Msg: fmt.Sprintf("the %s name %q is taken by %s at %s", what, name, first, first.Position()),
	})
}
