package pss_test

import (
	"context"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	pspolicy "k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// referee holds the library of a version, one policy a profile for speed, beside
// PSA.
type referee struct {
	judge     *admission.Judge
	owners    map[string][]policy.Control // by policy: the control of each validation
	profiles  map[policy.Control]policy.Profile
	evaluator pspolicy.Evaluator
}

func newReferee(t *testing.T, version string) *referee {
	t.Helper()
	oracle, err := pss.NewOracle(version)
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := pspolicy.NewEvaluator(pspolicy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &referee{
		owners: map[string][]policy.Control{}, profiles: map[policy.Control]policy.Profile{},
		evaluator: evaluator,
	}
	for _, c := range oracle.Controls() {
		r.profiles[c.ID] = c.Profile
	}
	r.judge, err = newJudge(r.whole(t, builtinAt(t, version))...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// whole gives one rule a profile, and notes the control of each validation.
func (r *referee) whole(t *testing.T, rules []policy.Rule) []policy.Rule {
	t.Helper()
	controlOf := controlOfRule(t, rules)
	whole := map[policy.Profile]*policy.Rule{}
	for _, rule := range rules {
		into := whole[rule.Profile]
		if into == nil {
			into = &policy.Rule{Name: string(rule.Profile), Profile: rule.Profile, Match: rule.Match, FailurePolicy: rule.FailurePolicy}
			whole[rule.Profile] = into
		}
		for _, v := range rule.Variables {
			if !slices.ContainsFunc(into.Variables, func(o policy.Variable) bool { return o.Name == v.Name }) {
				into.Variables = append(into.Variables, v)
			}
		}
		for _, v := range rule.Validations {
			into.Validations = append(into.Validations, v)
			r.owners[into.Name] = append(r.owners[into.Name], controlOf[rule.Name])
		}
	}
	return []policy.Rule{*whole[policy.Baseline], *whole[policy.Restricted]}
}

// refused gives the controls whose validations fail, sorted.
func (r *referee) refused(t *testing.T, object *unstructured.Unstructured, pod *corev1.Pod) []policy.Control {
	t.Helper()
	review, err := r.judge.Review(context.Background(), admission.Request{Object: object})
	if err != nil {
		t.Fatal(err)
	}
	denials := review.Denials()
	out := make([]policy.Control, 0, len(denials))
	for _, d := range denials {
		if d.Broken {
			show(t, pod, "%s", d.Message)
		}
		out = append(out, r.owners[d.Policy][d.Validation])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func show(t *testing.T, pod *corev1.Pod, format string, args ...any) {
	t.Helper()
	text, err := yaml.Marshal(pod)
	if err != nil {
		t.Error(err)
	}
	t.Fatalf("%s\nthe pod "+format, append([]any{text}, args...)...)
}
