package kyverno

import (
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// clusterPolicy reads a ClusterPolicy, rule by rule.
func (rd *reader) clusterPolicy(f File, doc manifest.Document) outcome {
	var p clusterPolicy
	if err := doc.Decode(&p); err != nil {
		return outcome{errs: []error{err}}
	}
	r := rd.reading(f, doc, p.Metadata)
	r.clusterWide(p.Metadata)
	shared := r.clusterSpec(p.Spec)
	shared.title = p.Metadata.title()

	var out outcome
	first := map[string]int{} // line of the rule that has a name
	for i, rule := range p.Spec.Rules {
		one := r.ofRule(rule.Value.Name.Value, rule.Line)
		one.checkRuleName(rule.Value.Name, i, first)
		if i > 0 && p.Spec.ApplyRules.Value == "One" {
			// Whether such a rule is asked at all is decided by the rules before
			// it, and one admission policy knows nothing of another's verdict.
			// The first rule does not depend on any and is read as usual.
			one.refuse(p.Spec.ApplyRules.Line, policy.ExternalContext,
				"applyRules: One asks this rule only where no rule before it applies")
		}
		out.take(one, one.clusterRule(rule.Value, shared))
	}
	if len(r.errs) > 0 {
		out.rules = nil // no rule is better than its policy
	}
	out.errs = append(r.errs, out.errs...)
	return out
}

// sharedParts is what all rules of a policy have in common.
type sharedParts struct {
	title         string
	failurePolicy string
	conditions    []policy.Condition
}

// clusterSpec reads what stands beside the rules. What makes the policy as a
// whole unsupported is left in r.refusal, for every rule to inherit.
func (r *reading) clusterSpec(s clusterSpec) sharedParts {
	if len(s.Rules) == 0 {
		r.errorf(0, "spec.rules is missing or empty")
	}
	r.word(s.ApplyRules, "applyRules", "All", "One")
	r.actions(s.FailureAction, s.FailureOverrides)
	if s.Admission.isSet() && !s.Admission.Value {
		r.refuse(s.Admission.Line, policy.NotAdmission, "admission: false")
	}
	hook := s.WebhookConfiguration
	r.word(s.FailurePolicy, "failurePolicy", "Fail", "Ignore")
	r.word(hook.FailurePolicy, "webhookConfiguration.failurePolicy", "Fail", "Ignore")
	shared := sharedParts{failurePolicy: "Fail"}
	switch {
	case s.FailurePolicy.Line != 0 && hook.FailurePolicy.Line != 0:
		r.errorf(s.FailurePolicy.Line, "failurePolicy is set here and in webhookConfiguration, want one of them")
	case s.FailurePolicy.Line != 0:
		shared.failurePolicy = s.FailurePolicy.Value
	case hook.FailurePolicy.Line != 0:
		shared.failurePolicy = hook.FailurePolicy.Value
	}
	// Kyverno hands these to its webhook, which is then not called at all: for
	// a rule that is the same as a precondition.
	shared.conditions = r.conditions(hook.MatchConditions, "matchConditions", map[string]bool{})
	return shared
}

// actions checks the words that say whether a violation is denied or only
// reported. They end here: the chart's values decide that.
func (r *reading) actions(action text, overrides []actionOverride) {
	words := []string{"Audit", "Enforce", "audit", "enforce"}
	r.word(action, "failure action", words...)
	for _, o := range overrides {
		r.word(o.Action, "failure action", words...)
	}
}

func (r *reading) checkRuleName(name text, index int, first map[string]int) {
	const limit = 63 // Kyverno's own
	switch {
	case name.Value == "":
		r.errorf(0, "rule %d has no name", index+1)
	case len(name.Value) > limit:
		r.errorf(name.Line, "rule name has %d characters, may have %d", len(name.Value), limit)
	case first[name.Value] != 0:
		r.errorf(name.Line, "the rule name is taken by the rule at line %d", first[name.Value])
	default:
		first[name.Value] = name.Line
	}
}
