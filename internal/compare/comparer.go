package compare

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/sample"
)

// Comparer is two sets of objects, taken apart into what they share and what is
// different. Policies that are the same on both sides, bindings too, answer the same:
// they are asked only about pods on which the others differ, since one of them may
// deny such a pod before and after.
type Comparer struct {
	Before, After *admission.Objects
	was, is, both admission.Ask // by what differs on either side, and by what is shared
	Same          bool          // nothing differs
	answers       sync.Map      // asked to what each side says, until the later side was told
}

// asked is one question: the same place and object on both sides.
type asked struct {
	namespace string
	labels    string // which decide too
	object    *unstructured.Unstructured
}

// NewComparer compiles both sets. The errors are those of CEL that does not compile.
func NewComparer(before, after *admission.Objects) (*Comparer, error) {
	shared := sharedPolicies(before, after)
	out := &Comparer{Before: before, After: after}
	var err error
	if out.was, err = Answerer(Only(before, func(p admission.Policy) bool { return !shared[p.Name] })); err != nil {
		return nil, err
	}
	if out.is, err = Answerer(Only(after, func(p admission.Policy) bool { return !shared[p.Name] })); err != nil {
		return nil, err
	}
	if out.both, err = Answerer(Only(after, func(p admission.Policy) bool { return shared[p.Name] })); err != nil {
		return nil, err
	}
	differs := func(p admission.Policy) bool { return !shared[p.Name] }
	out.Same = !slices.ContainsFunc(before.Policies, differs) && !slices.ContainsFunc(after.Policies, differs)
	return out, nil
}

// sharedPolicies gives the names of the policies that are on both sides the same,
// with the same bindings. One with parameters is not, since these may differ.
func sharedPolicies(before, after *admission.Objects) map[string]bool {
	out := map[string]bool{}
	for _, p := range after.Policies {
		i := slices.IndexFunc(before.Policies, func(b admission.Policy) bool { return b.Name == p.Name })
		out[p.Name] = i >= 0 && p.Spec.ParamKind == nil && reflect.DeepEqual(before.Policies[i].Spec, p.Spec) &&
			reflect.DeepEqual(bindingsOf(before, p.Name), bindingsOf(after, p.Name))
	}
	return out
}

func bindingsOf(objs *admission.Objects, policy string) map[string]admissionv1.ValidatingAdmissionPolicyBindingSpec {
	out := map[string]admissionv1.ValidatingAdmissionPolicyBindingSpec{}
	for _, b := range objs.Bindings {
		if b.Spec.PolicyName == policy {
			out[b.Name] = b.Spec
		}
	}
	return out
}

// Only gives a set with some of its policies.
func Only(objs *admission.Objects, keep func(admission.Policy) bool) *admission.Objects {
	out := *objs
	out.Policies = slices.DeleteFunc(slices.Clone(objs.Policies), func(p admission.Policy) bool { return !keep(p) })
	return &out
}

// Compare offers samples in places to both sides.
func (p *Comparer) Compare(ctx context.Context, places []Place, samples []sample.Sample) (Comparison, error) {
	if p.Same {
		return Comparison{Places: len(places), Samples: len(samples), Changes: []Change{}}, nil
	}
	return Compare(ctx, p.side(0), p.side(1), places, samples)
}

// side gives what answers for the earlier side (0) or the later one (1).
func (p *Comparer) side(i int) admission.Ask {
	return func(ctx context.Context, object *unstructured.Unstructured, in *corev1.Namespace) (admission.Answer, error) {
		answers, err := p.ask(ctx, object, in)
		return answers[i], err
	}
}

// ask gives both answers. The second to ask gets what the first was told, after
// which it is forgotten: Compare asks for either side once.
func (p *Comparer) ask(ctx context.Context, object *unstructured.Unstructured, in *corev1.Namespace) (out [2]admission.Answer, err error) {
	question := asked{in.Name, fmt.Sprint(in.Labels), object}
	if known, ok := p.answers.LoadAndDelete(question); ok {
		return known.([2]admission.Answer), nil //nolint:errcheck // nothing else is stored
	}
	if out[0], err = p.was(ctx, object, in); err != nil {
		return out, err
	}
	if out[1], err = p.is(ctx, object, in); err != nil {
		return out, err
	}
	if !alike(out[0], out[1]) {
		both, err := p.both(ctx, object, in)
		if err != nil {
			return out, err
		}
		out[0], out[1] = out[0].And(both), out[1].And(both)
	}
	p.answers.Store(question, out)
	return out, nil
}

// alike says whether two answers come to the same, whoever gives them.
func alike(a, b admission.Answer) bool {
	return (len(a.Denied) > 0) == (len(b.Denied) > 0) && (len(a.Warned) > 0) == (len(b.Warned) > 0) &&
		(len(a.Audited) > 0) == (len(b.Audited) > 0)
}
