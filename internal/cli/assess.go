package cli

import (
	"bytes"
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

func rulesOf(converted []convert.Objects) []policy.Rule {
	out := make([]policy.Rule, len(converted))
	for i, o := range converted {
		out[i] = o.Rule
	}
	return out
}

// court judges pods by rules. It keeps what a pod looks like to the API server,
// since all rules see the same pods.
type court struct {
	ctx  context.Context
	seen map[*corev1.Pod]*unstructured.Unstructured
}

// refuses tells for each rule and pod whether the rule's policy denies it.
func (c court) refuses(rules []policy.Rule, pods []*corev1.Pod) ([][]bool, error) {
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
		if c.seen[pod] == nil {
			if c.seen[pod], err = admission.FromTyped(pod); err != nil {
				return nil, err
			}
		}
	}
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, pod := range pods {
		work.Go(func() error {
			review, err := judge.Review(c.ctx, admission.Request{Object: c.seen[pod], Operation: admission.Create})
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
	var objects []any
	for _, o := range converted {
		binding := o.Binding.DeepCopy()
		binding.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Deny}
		objects = append(objects, o.Policy, binding)
	}
	objs, err := load(objects...)
	if err != nil {
		return nil, err
	}
	return admission.NewJudge(objs, admission.Options{})
}

// load brings objects before the judge by the same door as any manifest: as
// YAML, so that what is judged is what is written.
func load(objects ...any) (*admission.Objects, error) {
	var all bytes.Buffer
	for _, o := range objects {
		data, err := manifest.Encode(o)
		if err != nil {
			return nil, err
		}
		all.WriteString("---\n")
		all.Write(data)
	}
	docs, err := manifest.Split("converted rules", all.Bytes())
	if err != nil {
		return nil, err
	}
	return admission.Load(docs)
}
