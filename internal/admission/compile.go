package admission

import (
	"context"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/authorization/authorizer"
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

// trace is what happens inside a validator that it does not tell.
type trace struct {
	match matchconditions.MatchResult
	cost  int64 // of the validations and the variables they use
}

// traceKey is the context key of a *trace.
type traceKey struct{}

// tracedMatcher keeps which match condition was false, and the error that
// failurePolicy Ignore hides.
type tracedMatcher struct {
	matchconditions.Matcher      // fails on errors, whatever the policy says
	ignore                  bool // what the policy says
}

func newTracedMatcher(p *admissionregistrationv1.ValidatingAdmissionPolicy, e cel.ConditionEvaluator) tracedMatcher {
	fail := admissionregistrationv1.Fail
	ignore := p.Spec.FailurePolicy != nil && *p.Spec.FailurePolicy == admissionregistrationv1.Ignore
	return tracedMatcher{matchconditions.NewMatcher(e, &fail, "policy", "validate", p.Name), ignore}
}

// Match implements matchconditions.Matcher: an error that is ignored is a
// policy that does not apply.
func (m tracedMatcher) Match(ctx context.Context, attr *admission.VersionedAttributes, params runtime.Object, authz authorizer.UnconditionalAuthorizer) matchconditions.MatchResult {
	result := m.Matcher.Match(ctx, attr, params, authz)
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		t.match = result
	}
	if result.Error != nil && m.ignore {
		return matchconditions.MatchResult{}
	}
	return result
}

// meter keeps what the validations cost.
type meter struct{ cel.ConditionEvaluator }

// ForInput implements cel.ConditionEvaluator.
func (m meter) ForInput(ctx context.Context, attr *admission.VersionedAttributes, request *admissionv1.AdmissionRequest, vars cel.OptionalVariableBindings, namespace *corev1.Namespace, budget int64) ([]cel.EvaluationResult, int64, error) {
	results, remaining, err := m.ConditionEvaluator.ForInput(ctx, attr, request, vars, namespace, budget)
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		t.cost = budget - max(remaining, 0)
	}
	return results, remaining, err
}
