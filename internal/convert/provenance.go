package convert

import (
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// Domain is the prefix of every annotation key that the tool writes.
const Domain = "vapchart.dev/"

// Provenance gives the annotations that say where a rule came from and what it
// holds: source, ref, commit, path, policy, rule, profile, controls and what it
// corrects. Empty ones are left out.
func Provenance(r policy.Rule) map[string]string {
	controls := make([]string, len(r.Controls))
	for i, c := range r.Controls {
		controls[i] = string(c)
	}
	out := map[string]string{}
	for key, value := range map[string]string{
		"source":   r.Origin.Pin.Source,
		"ref":      r.Origin.Pin.Ref,
		"commit":   r.Origin.Pin.Commit,
		"path":     r.Origin.Path,
		"policy":   r.Origin.Policy,
		"rule":     r.Origin.Rule,
		"profile":  string(r.Profile),
		"controls": strings.Join(controls, ","),
		"corrects": r.Corrects,
	} {
		if value != "" {
			out[Domain+key] = value
		}
	}
	return out
}

// RuleOf returns the rule that a policy object of the chart enforces, by its name and
// annotations. These name the rule as upstream has it; an object without them is an
// operator's own, and nobody's rule but its own.
func RuleOf(name string, annotations map[string]string) string {
	origin := annotations[Domain+"policy"]
	if origin == "" {
		return name
	}
	rule := policy.JoinName(origin, annotations[Domain+"rule"])
	return policy.ParseObjectName(name, func(n string) bool { return n == rule }).Rule
}
