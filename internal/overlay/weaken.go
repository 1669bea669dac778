package overlay

import (
	"fmt"
	"slices"
	"strings"
)

// weakens says why a change lets more through, or says less, than before, or may do
// so: another expression may be stricter too, which only verdicts tell, and those only
// of what is tried.
func weakens(c Change, before, after map[string]any) string {
	var why []string
	add := func(is bool, text string) {
		if is {
			why = append(why, text)
		}
	}
	switch {
	case c.Added:
		add(strings.HasSuffix(c.Kind, "RoleBinding"), "it gives permissions")
	case c.Removed:
		add(c.Kind == kindPolicy || c.Kind == kindBinding, "it is gone")
		add(c.Kind == kindNamespace, "its labels are no longer set")
	case c.Kind == kindBinding:
		for _, action := range less(at(before, "spec", "validationActions"), at(after, "spec", "validationActions")) {
			add(true, "no longer "+map[string]string{"Deny": "denies", "Warn": "warns", "Audit": "audits"}[action])
		}
		add(touches(c, "spec.policyName"), "binds another policy")
		add(narrower(c, "spec.matchResources"), "selects otherwise")
		add(touches(c, "spec.paramRef"), "takes other parameters")
	case c.Kind == kindPolicy:
		add(at(before, "spec", "failurePolicy") != "Ignore" && at(after, "spec", "failurePolicy") == "Ignore", "lets pass what it fails to judge")
		add(count(after, "validations") < count(before, "validations"), "has fewer validations")
		add(touches(c, "spec.matchConditions"), "its conditions are others")
		add(touches(c, "spec.variables") || expressions(c), "it may judge otherwise")
		add(touches(c, "spec.paramKind"), "takes other parameters")
		add(narrower(c, "spec.matchConstraints"), "matches other requests")
	case c.Kind == kindNamespace:
		add(touches(c, "metadata.labels"), "its labels are others")
	}
	return strings.Join(why, ", ")
}

// The kinds of which a change is understood.
const (
	kindPolicy    = "ValidatingAdmissionPolicy"
	kindBinding   = "ValidatingAdmissionPolicyBinding"
	kindNamespace = "Namespace"
)

func at(object map[string]any, path ...string) any {
	var v any = object
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

func count(policy map[string]any, list string) int {
	entries, _ := at(policy, "spec", list).([]any)
	return len(entries)
}

// less gives what the first list has and the second has not.
func less(before, after any) []string {
	old, _ := before.([]any)
	now, _ := after.([]any)
	var out []string
	for _, v := range old {
		if !slices.Contains(now, v) {
			out = append(out, fmt.Sprint(v))
		}
	}
	return out
}

// expressions says whether a validation checks something else than before.
func expressions(c Change) bool {
	return slices.ContainsFunc(c.Fields, func(f Field) bool {
		return strings.HasPrefix(f.Path, "spec.validations[") && strings.HasSuffix(f.Path, "].expression")
	})
}

func touches(c Change, path string) bool {
	return slices.ContainsFunc(c.Fields, func(f Field) bool { return strings.HasPrefix(f.Path, path) })
}

// narrower says whether something below a path changed other than by a selector or
// list that merely was taken away.
func narrower(c Change, path string) bool {
	return slices.ContainsFunc(c.Fields, func(f Field) bool {
		takenAway := f.After == "" && !strings.HasSuffix(f.Path, "resourceRules")
		return strings.HasPrefix(f.Path, path) && !takenAway
	})
}
