package kyverno

import (
	"github.com/vapchart/vapchart/internal/policy"
)

// clusterRule reads one rule of a ClusterPolicy.
func (r *reading) clusterRule(c clusterRule, shared sharedParts) policy.Rule {
	r.ruleNature(c)
	if r.refusal != nil {
		return policy.Rule{} // what it says in detail is no concern of ours then
	}
	validate := c.Validate.Value
	cel := validate.CEL
	switch {
	case c.Validate.Line == 0:
		r.errorf(0, "validate is missing")
		return policy.Rule{}
	case cel.Line == 0:
		r.errorf(c.Validate.Line, "validate holds no cel")
		return policy.Rule{}
	case len(cel.Value.Expressions) == 0:
		r.errorf(cel.Line, "validate.cel.expressions is missing or empty")
	}
	r.actions(validate.FailureAction, validate.FailureOverrides)
	return policy.Rule{
		Name:             r.joinedName(c.Name.Line),
		Title:            shared.title,
		Profile:          r.profile,
		Origin:           r.origin,
		Match:            r.match(c.Match),
		Exclude:          r.exclude(c.Exclude),
		Conditions:       r.allConditions(shared.conditions, c.CELPreconditions),
		Variables:        r.variables(cel.Value.Variables),
		Validations:      r.validations(cel.Value.Expressions, "expressions", validate.Message),
		AuditAnnotations: r.auditAnnotations(cel.Value.AuditAnnotations),
		Param:            r.param(cel.Value.ParamKind, cel.Value.ParamRef),
		FailurePolicy:    shared.failurePolicy,
	}
}

// ruleNature refuses a rule that is no validation by CEL on the request alone.
func (r *reading) ruleNature(c clusterRule) {
	v := c.Validate.Value
	for _, part := range []struct {
		line   presence
		reason policy.Reason
		field  string
	}{
		{c.Mutate, policy.NotValidation, "mutate"},
		{c.Generate, policy.NotValidation, "generate"},
		{c.VerifyImages, policy.NotValidation, "verifyImages"},
		{c.ImageExtractors, policy.NotValidation, "imageExtractors"},
		{v.Pattern, policy.NotCEL, "validate.pattern"},
		{v.AnyPattern, policy.NotCEL, "validate.anyPattern"},
		{v.Deny, policy.NotCEL, "validate.deny"},
		{v.ForEach, policy.NotCEL, "validate.foreach"},
		{v.PodSecurity, policy.NotCEL, "validate.podSecurity"},
		{v.Manifests, policy.NotCEL, "validate.manifests"},
		{v.Assert, policy.NotCEL, "validate.assert"},
		{c.Context, policy.ExternalContext, "context"},
		{c.Preconditions, policy.NotCEL, "preconditions (JMESPath)"},
	} {
		if part.line != 0 {
			r.refuse(int(part.line), part.reason, "%s", part.field)
			return
		}
	}
}

// allConditions puts the rule's preconditions behind the policy's.
func (r *reading) allConditions(shared []policy.Condition, own []at[named]) []policy.Condition {
	taken := map[string]bool{}
	var out []policy.Condition
	for _, c := range shared {
		taken[c.Name] = true
		out = append(out, c)
	}
	return append(out, r.conditions(own, "celPreconditions", taken)...)
}

// param reads the parameter's kind and which objects of it are meant. Kyverno
// takes parameters only where both are given.
func (r *reading) param(kind *at[paramKind], ref *at[paramRef]) *policy.Param {
	switch {
	case !kind.isSet() && !ref.isSet():
		return nil
	case !kind.isSet():
		r.errorf(ref.Line, "paramKind is missing beside paramRef")
		return nil
	case !ref.isSet():
		r.errorf(kind.Line, "paramRef is missing beside paramKind")
		return nil
	}
	k, p := kind.Value, ref.Value
	if k.APIVersion.Value == "" || k.Kind.Value == "" {
		r.errorf(kind.Line, "paramKind needs apiVersion and kind")
	}
	if (p.Name.Value == "") == !p.Selector.isSet() {
		r.errorf(ref.Line, "paramRef needs either name or selector")
	}
	if p.NotFoundAction.Line == 0 {
		r.errorf(ref.Line, "paramRef.parameterNotFoundAction is missing, want Allow or Deny")
	}
	return &policy.Param{
		APIVersion:     k.APIVersion.Value,
		Kind:           k.Kind.Value,
		Name:           p.Name.Value,
		Namespace:      p.Namespace.Value,
		Selector:       r.paramSelector(p.Selector),
		NotFoundAction: r.word(p.NotFoundAction, "paramRef.parameterNotFoundAction", "Allow", "Deny"),
	}
}

// paramSelector keeps an empty selector, which means every object of the kind.
func (r *reading) paramSelector(s *at[selector]) *policy.Selector {
	if !s.isSet() {
		return nil
	}
	if s.Value.empty() {
		return &policy.Selector{}
	}
	return r.selector(s, "paramRef.selector")
}
