package kyverno

import (
	"slices"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// validatingPolicy reads a ValidatingPolicy, which is one rule without a name
// of its own.
func (rd *reader) validatingPolicy(f File, doc manifest.Document) outcome {
	var p validatingPolicy
	if err := doc.Decode(&p); err != nil {
		return outcome{errs: []error{err}}
	}
	r := rd.reading(f, doc, p.Metadata)
	r.clusterWide(p.Metadata)
	r.evaluation(p.Spec.Evaluation)
	for _, action := range p.Spec.ValidationActions {
		r.word(action, "validationActions", "Deny", "Audit", "Warn")
	}
	var out outcome
	if r.refusal != nil {
		out.take(r, policy.Rule{})
		return out
	}
	rule := r.validatingRule(p.Spec)
	rule.Name = r.joinedName(p.Metadata.Name.Line)
	rule.Title = p.Metadata.title()
	out.take(r, rule)
	return out
}

// evaluation refuses a policy that judges no requests.
func (r *reading) evaluation(e evaluation) {
	switch e.Mode.Value {
	case "JSON", "Envoy", "HTTP": // the latter two are of Kyverno's authorization server
		r.refuse(e.Mode.Line, policy.NotAdmission, "evaluation.mode: %s", e.Mode.Value)
	default:
		r.word(e.Mode, "evaluation.mode", "Kubernetes", "JSON", "Envoy", "HTTP")
	}
	if on := e.Admission.Enabled; on.isSet() && !on.Value {
		r.refuse(on.Line, policy.NotAdmission, "evaluation.admission.enabled: false")
	}
}

func (r *reading) validatingRule(s validatingSpec) policy.Rule {
	c := s.MatchConstraints
	rule := policy.Rule{
		Profile:       r.profile,
		Origin:        r.origin,
		Match:         r.constraints(c),
		FailurePolicy: "Fail",
		Conditions:    r.conditions(s.MatchConditions, "matchConditions", map[string]bool{}),
		Variables:     r.variables(s.Variables),
		Validations:   r.validations(s.Validations, "validations", text{}),
	}
	if rules := r.resourceRules(c.Value.ExcludeResourceRules, "excludeResourceRules"); len(rules) > 0 {
		rule.Exclude = []policy.Filter{{Line: c.Value.ExcludeResourceRules[0].Line, Resources: rules}}
	}
	if word := r.word(s.FailurePolicy, "failurePolicy", "Fail", "Ignore"); word != "" {
		rule.FailurePolicy = word
	}
	rule.AuditAnnotations = r.auditAnnotations(s.AuditAnnotations)
	switch {
	case len(s.Validations) == 0 && len(s.AuditAnnotations) == 0:
		r.errorf(0, "spec.validations is missing or empty")
	case len(s.Validations) == 0:
		r.refuse(s.AuditAnnotations[0].Line, policy.NotValidation, "auditAnnotations without validations give no verdict")
	}
	return rule
}

// constraints reads what the policy matches: one filter.
func (r *reading) constraints(c at[matchConstraints]) []policy.Filter {
	if len(c.Value.ResourceRules) == 0 {
		r.errorf(c.Line, "matchConstraints.resourceRules is missing or empty")
		return nil
	}
	return []policy.Filter{{
		Line:              c.Line,
		Resources:         r.resourceRules(c.Value.ResourceRules, "resourceRules"),
		Selector:          r.selector(c.Value.ObjectSelector, "objectSelector"),
		NamespaceSelector: r.selector(c.Value.NamespaceSelector, "namespaceSelector"),
		MatchPolicy:       r.word(c.Value.MatchPolicy, "matchPolicy", "Exact", "Equivalent"),
	}}
}

func (r *reading) resourceRules(list []at[resourceRule], field string) []policy.Resources {
	var out []policy.Resources
	for _, item := range list {
		v := item.Value
		for _, needed := range []struct {
			name   string
			values []text
		}{
			{"apiGroups", v.APIGroups}, {"apiVersions", v.APIVersions}, {"resources", v.Resources}, {"operations", v.Operations},
		} {
			if len(needed.values) == 0 {
				r.errorf(item.Line, "%s[].%s is missing or empty", field, needed.name)
			}
		}
		for _, op := range v.Operations {
			r.word(op, field+"[].operations", "CREATE", "UPDATE", "DELETE", "CONNECT", "*")
		}
		ops := plain(v.Operations)
		if len(ops) > 1 && slices.Contains(ops, "*") {
			r.errorf(item.Line, "%s[].operations: * stands alone", field)
		}
		out = append(out, policy.Resources{
			Groups:     plain(v.APIGroups), // the core group is empty
			Versions:   r.list(v.APIVersions, field+"[].apiVersions"),
			Resources:  r.list(v.Resources, field+"[].resources"),
			Names:      r.list(v.ResourceNames, field+"[].resourceNames"),
			Operations: ops,
			Scope:      r.word(v.Scope, field+"[].scope", "Cluster", "Namespaced", "*"),
		})
	}
	return out
}
