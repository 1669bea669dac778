package admission

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"
)

// compiledAlone gives a judge whose policies are compiled as the API server does:
// each in an environment of its own, whole.
func compiledAlone(t *testing.T, objs *Objects) *Judge {
	t.Helper()
	judge := newJudge(t, objs)
	for i, h := range judge.hooks {
		judge.hooks[i].validator = sync.OnceValue(func() validating.Validator {
			spec := &h.policy.Spec
			compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
			if err != nil {
				t.Error(err)
			}
			all := declarations(spec)
			evaluator := func(e []cel.ExpressionAccessor) cel.ConditionEvaluator {
				return compiler.CompileCondition(e, all, environment.StoredExpressions)
			}
			compiler.CompileAndStoreVariables(variables(spec), all, environment.StoredExpressions)
			var matcher matchconditions.Matcher
			if len(spec.MatchConditions) > 0 {
				matcher = newTracedMatcher(h.policy, evaluator(conditions(spec)))
			}
			all.HasAuthorizer = false
			messages := evaluator(messageExpressions(spec))
			all.HasAuthorizer = true
			return validating.NewValidator(meter{evaluator(validations(spec))}, matcher, evaluator(auditAnnotations(spec)),
				messages, spec.FailurePolicy, nil)
		})
	}
	return judge
}

// sameAsAlone wants the same of a judge as of one whose policies are compiled alone.
func sameAsAlone(t *testing.T, objs *Objects, requests ...Request) {
	t.Helper()
	judge, alone := newJudge(t, objs), compiledAlone(t, objs)
	for _, r := range requests {
		got, err := judge.Review(t.Context(), r)
		if err != nil {
			continue // about the request
		}
		want, err := alone.Review(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Evaluations, want.Evaluations) {
			t.Errorf("got:\n%+v\nwant:\n%+v", got.Evaluations, want.Evaluations)
		}
	}
}

// TestCompiledAlone wants the same of every case, errors and costs included, as
// where policies share nothing.
func TestCompiledAlone(t *testing.T) {
	for _, c := range loadCases(t) {
		t.Run(c.name, func(t *testing.T) {
			sameAsAlone(t, c.objs, slices.Collect(maps.Values(c.requests))...)
		})
	}
}

// TestVariablesAreOnePolicys has policies whose variables differ under one name:
// in type, in value, in being there, and in what they are made of.
func TestVariablesAreOnePolicys(t *testing.T) {
	expressions := []string{"'text'", "['text']", "1", "object.metadata.name", "params", "no such thing", "request.kind", "{'a': 1}"}
	var policies []*admissionregistrationv1.ValidatingAdmissionPolicy
	add := func(variables []admissionregistrationv1.Variable, change func(*admissionregistrationv1.ValidatingAdmissionPolicySpec)) {
		p := goodPolicy()
		p.Name += string(rune('a' + len(policies)))
		p.Spec.Variables = variables
		p.Spec.Validations = nil
		for _, e := range []string{
			"variables.a.size() == 4", "variables.a + 1 == 2", "variables.b", "variables.a == 'text'", "true",
			"dyn(variables.a).size() == 1", "has(variables.a)", "has(variables.b)", "variables.a.group == ''",
		} {
			p.Spec.Validations = append(p.Spec.Validations, admissionregistrationv1.Validation{
				Expression: e, MessageExpression: "'a is ' + string(variables.a)",
			})
		}
		p.Spec.AuditAnnotations = []admissionregistrationv1.AuditAnnotation{{Key: "a", ValueExpression: "string(variables.a)"}}
		if change != nil {
			change(&p.Spec)
		}
		policies = append(policies, p)
	}
	add(nil, nil)
	for _, e := range expressions {
		add([]admissionregistrationv1.Variable{{Name: "a", Expression: e}}, nil)
		add([]admissionregistrationv1.Variable{{Name: "b", Expression: "variables.a == variables.a"}, {Name: "a", Expression: e}}, nil)
		add([]admissionregistrationv1.Variable{{Name: "a", Expression: e}, {Name: "b", Expression: "variables.a == variables.a"}},
			func(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec) {
				spec.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "b", Expression: "variables.b"}}
			})
	}
	sameAsAlone(t, judgeOf(t, policies...).objs, Request{Object: podOf(t, 1)})
}

// TestCompilesWhatIsNeeded counts the expressions that a review compiles.
func TestCompilesWhatIsNeeded(t *testing.T) {
	policy := func(name, condition string) *admissionregistrationv1.ValidatingAdmissionPolicy {
		p := goodPolicy()
		p.Name = name
		p.Spec.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "c", Expression: condition}}
		p.Spec.Variables = []admissionregistrationv1.Variable{{Name: "v", Expression: "object.spec"}}
		p.Spec.Validations = []admissionregistrationv1.Validation{{Expression: "has(variables.v.containers)", Message: name}}
		return p
	}
	other := policy("services", "true || 'services' == ''")
	other.Spec.MatchConstraints.ResourceRules[0].Resources = []string{"services"}
	passedOver := policy("passed-over", "request.namespace == 'elsewhere'")
	passedOver.Spec.Validations[0].Expression = "this does not compile"
	for _, c := range []struct {
		name     string
		policies []*admissionregistrationv1.ValidatingAdmissionPolicy
		want     int
	}{
		{"of another resource: nothing", []*admissionregistrationv1.ValidatingAdmissionPolicy{other}, 0},
		{"a condition is false: it alone", []*admissionregistrationv1.ValidatingAdmissionPolicy{passedOver}, 1},
		{"condition, variable, validation", []*admissionregistrationv1.ValidatingAdmissionPolicy{policy("p", "true")}, 3},
		{"two that are alike: once", []*admissionregistrationv1.ValidatingAdmissionPolicy{policy("p", "true"), policy("p-warn", "true")}, 3},
		{"another condition: one more", []*admissionregistrationv1.ValidatingAdmissionPolicy{policy("p", "true"), policy("p-warn", "!false")}, 4},
	} {
		judge := judgeOf(t, c.policies...)
		if _, err := judge.Review(t.Context(), Request{Object: podOf(t, 1)}); err != nil {
			t.Fatal(err)
		}
		for _, h := range judge.hooks {
			if got := len(h.compiler.known); got != c.want {
				t.Errorf("%s: %d expressions compiled, want %d", c.name, got, c.want)
			}
		}
	}
}
