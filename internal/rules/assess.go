package rules

import (
	"context"
	"fmt"
	goruntime "runtime"

	"golang.org/x/sync/errgroup"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// Of returns the rules that objects were converted from, in their order.
func Of(converted []convert.Objects) []policy.Rule {
	out := make([]policy.Rule, len(converted))
	for i, o := range converted {
		out[i] = o.Rule
	}
	return out
}

// evaluator judges pods by rules. It keeps what a pod looks like to the API server,
// since all rules see the same pods.
type evaluator struct {
	seen map[*corev1.Pod]*unstructured.Unstructured
}

func newEvaluator() evaluator {
	return evaluator{map[*corev1.Pod]*unstructured.Unstructured{}}
}

// judge gives refuses as packages take it that know no context.
func (e evaluator) judge(ctx context.Context) pss.Judge {
	return func(rules []policy.Rule, pods []*corev1.Pod) ([][]bool, error) { return e.refuses(ctx, rules, pods) }
}

// refuses tells for each rule and pod whether the rule's policy denies it.
func (e evaluator) refuses(ctx context.Context, rules []policy.Rule, pods []*corev1.Pod) ([][]bool, error) {
	judge, err := judgeOf(rules)
	if err != nil {
		return nil, err
	}
	index := map[string]int{}
	out := make([][]bool, len(rules))
	for i, r := range rules {
		index[r.Name], out[i] = i, make([]bool, len(pods))
	}
	for _, pod := range pods {
		if e.seen[pod] == nil {
			if e.seen[pod], err = admission.FromTyped(pod); err != nil {
				return nil, err
			}
		}
	}
	var work errgroup.Group
	work.SetLimit(goruntime.GOMAXPROCS(0))
	for i, pod := range pods {
		work.Go(func() error {
			review, err := judge.Review(ctx, admission.Request{Object: e.seen[pod], Operation: admission.Create})
			if err != nil {
				return fmt.Errorf("probe rules: %w", err)
			}
			for _, denial := range review.Denials() {
				out[index[denial.Policy]][i] = true
			}
			return nil
		})
	}
	return out, work.Wait()
}

// judgeOf gives a judge by whom every rule denies in every namespace.
func judgeOf(rules []policy.Rule) (*admission.Judge, error) {
	converted, err := convert.All(rules)
	if err != nil {
		return nil, err
	}
	var objects []runtime.Object
	for _, o := range converted {
		binding := o.Binding.DeepCopy()
		binding.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Deny}
		objects = append(objects, o.Policy, binding)
	}
	objs, err := admission.FromObjects(objects...)
	if err != nil {
		return nil, err
	}
	return admission.NewJudge(objs, admission.Options{})
}
