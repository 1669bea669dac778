package admission

import (
	"context"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// trace is what happens inside a validator that it does not tell.
type trace struct {
	match matchconditions.MatchResult
	cost  int64 // of the validations and the variables they use
	// known are the results of match conditions on the same request, by key.
	known map[string]matchconditions.MatchResult
}

// traceKey is the context key of a *trace.
type traceKey struct{}

// tracedMatcher keeps what came of the match conditions. It fails on an error
// whatever the policy says: failurePolicy Ignore would hide it here, and the
// validator lets it pass in that case all the same.
type tracedMatcher struct {
	matchconditions.Matcher
	key string
}

func newTracedMatcher(p *admissionregistrationv1.ValidatingAdmissionPolicy, e cel.ConditionEvaluator) tracedMatcher {
	fail := admissionregistrationv1.Fail
	return tracedMatcher{matchconditions.NewMatcher(e, &fail, "policy", "validate", p.Name), conditionsKey(&p.Spec)}
}

// conditionsKey gives a key that policies share if their match conditions must
// come to the same on a request, so that one evaluation will do; most policies
// of a chart begin alike. It is empty where conditions depend on more than the
// request.
func conditionsKey(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec) string {
	if spec.ParamKind != nil {
		return ""
	}
	var b strings.Builder
	for _, c := range spec.MatchConditions {
		if strings.Contains(c.Expression, cel.VariableVarName) {
			return ""
		}
		b.WriteString(c.Name + "\x00" + c.Expression + "\x00")
	}
	return b.String()
}

// Match implements matchconditions.Matcher.
func (m tracedMatcher) Match(ctx context.Context, attr *admission.VersionedAttributes, params runtime.Object, authz authorizer.UnconditionalAuthorizer) matchconditions.MatchResult {
	t, ok := ctx.Value(traceKey{}).(*trace)
	if !ok {
		return m.Matcher.Match(ctx, attr, params, authz)
	}
	if t.match, ok = t.known[m.key]; ok && m.key != "" {
		return t.match
	}
	t.match = m.Matcher.Match(ctx, attr, params, authz)
	t.known[m.key] = t.match
	return t.match
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
