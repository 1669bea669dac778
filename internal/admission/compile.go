package admission

import (
	"context"
	"slices"
	"sync"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"
)

// validator makes the API server's validator of a policy that is stored: the one
// step of its plugin that is not exported (compilePolicy in
// admission/plugin/policy/validating/plugin.go). An expression that does not
// compile is an error of each evaluation, as it is there.
//
// What follows the match conditions is compiled when they first are true: most
// policies of a chart are for other namespaces. The answer is the same, since the
// API server too looks at nothing but the conditions where one is false.
func (c *compiler) validator(p *admissionregistrationv1.ValidatingAdmissionPolicy) validating.Validator {
	spec := &p.Spec
	rest := sync.OnceValues(func() (*compiled, error) { return c.compile(spec) })
	var matcher matchconditions.Matcher
	if len(spec.MatchConditions) > 0 {
		matcher = newTracedMatcher(p, c.conditions(spec, rest))
	}
	return validating.NewValidator(
		meter{later(func() (cel.ConditionEvaluator, error) {
			r, err := rest()
			return r.validations, err
		})},
		matcher,
		later(func() (cel.ConditionEvaluator, error) {
			r, err := rest()
			return r.auditAnnotations, err
		}),
		later(func() (cel.ConditionEvaluator, error) {
			r, err := rest()
			return r.messages, err
		}),
		spec.FailurePolicy,
		nil,
	)
}

// compiled is a policy without its match conditions, unless these read variables.
type compiled struct {
	conditions, validations, auditAnnotations, messages cel.ConditionEvaluator
}

// conditions compiles the match conditions. The API refuses those that read
// variables; here they wait for these.
func (c *compiler) conditions(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec, rest func() (*compiled, error)) cel.ConditionEvaluator {
	if slices.ContainsFunc(spec.MatchConditions, func(m admissionregistrationv1.MatchCondition) bool { return readsVariables(m.Expression) }) {
		return later(func() (cel.ConditionEvaluator, error) {
			r, err := rest()
			return r.conditions, err
		})
	}
	return (&scope{compiler: c}).CompileCondition(conditions(spec), declarations(spec), environment.StoredExpressions)
}

// declarations are what expressions may read besides the request.
func declarations(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec) cel.OptionalVariableDeclarations {
	return cel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil, HasAuthorizer: true}
}

// compile compiles all of a policy; conditions that were compiled before are not
// compiled again.
func (c *compiler) compile(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec) (*compiled, error) {
	s := &scope{compiler: c}
	composed, err := s.composed()
	if err != nil {
		return &compiled{}, err
	}
	all := declarations(spec)
	inMessages := cel.OptionalVariableDeclarations{HasParams: all.HasParams}
	for _, v := range variables(spec) {
		composed.CompileAndStoreVariable(v, all, environment.StoredExpressions)
		s.before = append(s.before, v.GetName(), v.GetExpression())
	}
	evaluator := func(e []cel.ExpressionAccessor, declared cel.OptionalVariableDeclarations) cel.ConditionEvaluator {
		return composed.CompileCondition(e, declared, environment.StoredExpressions)
	}
	return &compiled{
		conditions:       evaluator(conditions(spec), all),
		validations:      evaluator(validations(spec), all),
		auditAnnotations: evaluator(auditAnnotations(spec), all),
		messages:         evaluator(messageExpressions(spec), inMessages),
	}, nil
}

// later is an evaluator that is compiled when it is first asked.
type later func() (cel.ConditionEvaluator, error)

// ForInput implements cel.ConditionEvaluator.
func (l later) ForInput(ctx context.Context, attr *admission.VersionedAttributes, request *admissionv1.AdmissionRequest, vars cel.OptionalVariableBindings, namespace *corev1.Namespace, budget int64) ([]cel.EvaluationResult, int64, error) {
	e, err := l()
	if err != nil {
		return nil, -1, err
	}
	return e.ForInput(ctx, attr, request, vars, namespace, budget)
}

// CompilationErrors implements cel.ConditionEvaluator.
func (l later) CompilationErrors() []error {
	e, err := l()
	if err != nil {
		return []error{err}
	}
	return e.CompilationErrors()
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
