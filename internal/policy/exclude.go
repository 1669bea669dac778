package policy

import "slices"

// Excluded says whether an `exclude` of values switches a rule off: it names the rule, or
// every control that the rule enforces. With one of several controls the rule stays, and
// the chart refuses such values.
func Excluded(exclude []string, rule string, controls []Control) bool {
	if slices.Contains(exclude, rule) {
		return true
	}
	unnamed := func(c Control) bool { return !slices.Contains(exclude, string(c)) }
	return len(controls) > 0 && !slices.ContainsFunc(controls, unnamed)
}
