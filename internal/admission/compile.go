package admission

import (
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"
)

// compile makes the API server's validator of a policy that is stored: the one
// step of its plugin that is not exported (compilePolicy in
// admission/plugin/policy/validating/plugin.go). An expression that does not
// compile is an error of each evaluation, as it is there.
func compile(p *admissionregistrationv1.ValidatingAdmissionPolicy) validating.Validator {
	spec := &p.Spec
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return validating.NewValidator(nil, nil, nil, nil, spec.FailurePolicy, err)
	}
	hasParams := spec.ParamKind != nil
	all := cel.OptionalVariableDeclarations{HasParams: hasParams, HasAuthorizer: true}
	inMessages := cel.OptionalVariableDeclarations{HasParams: hasParams}
	evaluator := func(e []cel.ExpressionAccessor, declared cel.OptionalVariableDeclarations) cel.ConditionEvaluator {
		return compiler.CompileCondition(e, declared, environment.StoredExpressions)
	}
	compiler.CompileAndStoreVariables(variables(spec), all, environment.StoredExpressions)
	var matcher matchconditions.Matcher
	if len(spec.MatchConditions) > 0 {
		matcher = newTracedMatcher(p, evaluator(conditions(spec), all))
	}
	return validating.NewValidator(
		meter{evaluator(validations(spec), all)},
		matcher,
		evaluator(auditAnnotations(spec), all),
		evaluator(messageExpressions(spec), inMessages),
		spec.FailurePolicy,
		nil,
	)
}

func variables(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec) []cel.NamedExpressionAccessor {
	out := make([]cel.NamedExpressionAccessor, len(spec.Variables))
	for i, v := range spec.Variables {
		out[i] = &validating.Variable{Name: v.Name, Expression: v.Expression}
	}
	return out
}

func conditions(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec) []cel.ExpressionAccessor {
	out := make([]cel.ExpressionAccessor, len(spec.MatchConditions))
	for i := range spec.MatchConditions {
		out[i] = (*matchconditions.MatchCondition)(&spec.MatchConditions[i])
	}
	return out
}

func validations(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec) []cel.ExpressionAccessor {
	out := make([]cel.ExpressionAccessor, len(spec.Validations))
	for i, v := range spec.Validations {
		out[i] = &validating.ValidationCondition{Expression: v.Expression, Message: v.Message, Reason: v.Reason}
	}
	return out
}

// messageExpressions has a gap for each validation without one, since the
// validator pairs them by index. Where there is none at all it has no gaps
// either, which saves the validator an evaluation of nothing.
func messageExpressions(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec) []cel.ExpressionAccessor {
	if !slices.ContainsFunc(spec.Validations, func(v admissionregistrationv1.Validation) bool { return v.MessageExpression != "" }) {
		return nil
	}
	out := make([]cel.ExpressionAccessor, len(spec.Validations))
	for i, v := range spec.Validations {
		if v.MessageExpression != "" {
			out[i] = &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression}
		}
	}
	return out
}

func auditAnnotations(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec) []cel.ExpressionAccessor {
	out := make([]cel.ExpressionAccessor, len(spec.AuditAnnotations))
	for i, a := range spec.AuditAnnotations {
		out[i] = &validating.AuditAnnotationCondition{Key: a.Key, ValueExpression: a.ValueExpression}
	}
	return out
}
