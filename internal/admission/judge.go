package admission

import (
	"cmp"
	"errors"
	"fmt"
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
)

// Judge answers requests by a set of policies and bindings. It may be used by
// several goroutines at once.
type Judge struct {
	objs  *Objects
	kinds *kinds
	hooks []hook
	ask   Authorize
}

// Options are what manifests do not tell.
type Options struct {
	// Authorize answers what policies ask about permissions. If nil, everything
	// is denied, with a reason that says so; Review.Permissions shows who asked.
	Authorize Authorize
	// Namespace is that of loaded objects which name none and need one, such as
	// the parameters in a chart: the one it is installed into. Empty for "default".
	Namespace string
}

// hook is a policy, its bindings in the order of the documents, and what is
// needed to evaluate it.
type hook struct {
	policy   *admissionregistrationv1.ValidatingAdmissionPolicy
	bindings []*admissionregistrationv1.ValidatingAdmissionPolicyBinding
	params   paramSource
	// validator compiles the policy when it is first needed.
	validator func() validating.Validator
	compiler  *compiler
}

// NewJudge makes a judge of loaded objects, which must not change afterwards.
// Policies without a binding are never asked, and bindings without a policy are
// ignored, as the API server does; Check finds the latter. Two policies or two
// bindings of one name are an error: only one of them can be in a cluster.
func NewJudge(objs *Objects, options Options) (*Judge, error) {
	j := &Judge{objs: objs, kinds: newKinds(objs.Others), ask: options.Authorize}
	if j.ask == nil {
		j.ask = denyAll
	}
	compiler := newCompilerOf()
	bindings := map[string][]*admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
	seen := map[string]bool{}
	var errs []error
	for _, b := range objs.Bindings {
		errs = append(errs, once(seen, "ValidatingAdmissionPolicyBinding/"+b.Name, b.Source))
		bindings[b.Spec.PolicyName] = append(bindings[b.Spec.PolicyName], b.ValidatingAdmissionPolicyBinding)
	}
	for _, p := range objs.Policies {
		errs = append(errs, once(seen, "ValidatingAdmissionPolicy/"+p.Name, p.Source))
		if len(bindings[p.Name]) == 0 {
			continue
		}
		policy := p.ValidatingAdmissionPolicy
		j.hooks = append(j.hooks, hook{
			policy:    policy,
			bindings:  bindings[p.Name],
			params:    newParamSource(p.Spec.ParamKind, objs, j.kinds, cmp.Or(options.Namespace, corev1.NamespaceDefault)),
			validator: sync.OnceValue(func() validating.Validator { return compiler.validator(policy) }),
			compiler:  compiler,
		})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return j, nil
}

// once refuses a name that was there before.
func once(seen map[string]bool, name string, source Source) error {
	if !seen[name] {
		seen[name] = true
		return nil
	}
	if at := source.String(); at != "" {
		return fmt.Errorf("judge %s: %s: there is another of that name", name, at)
	}
	return fmt.Errorf("judge %s: there is another of that name", name)
}
