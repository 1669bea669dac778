package admission

import (
	"context"
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	admissionauthorizer "k8s.io/apiserver/pkg/admission/plugin/authorizer"
	"k8s.io/apiserver/pkg/admission/plugin/policy/generic"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// evaluation is the work on one request. It follows the API server's dispatcher
// (admission/plugin/policy/validating/dispatcher.go), which cannot be used
// itself since it keeps nothing but the first denial.
type evaluation struct {
	judge     *Judge
	request   *completed
	attrs     admission.Attributes
	versioned *admission.VersionedAttributes // shared by all policies: the object is converted once
	matcher   generic.PolicyMatcher
	authz     authorizer.UnconditionalAuthorizer
	known     map[string]matchconditions.MatchResult // see trace
	review    *Review
}

// Review answers a request. The error is about the request, or about what
// cannot be told from manifests; a denial is no error.
func (j *Judge) Review(ctx context.Context, request Request) (*Review, error) {
	c, err := j.complete(request)
	if err != nil {
		return nil, err
	}
	attrs := c.attributes()
	review := &Review{attrs: attrs}
	if exempt(c.Resource) {
		return review, nil
	}
	versioned, err := admission.NewVersionedAttributes(attrs, c.kind, interfaces{})
	if err != nil {
		return nil, fmt.Errorf("review %s: %w", c, err)
	}
	answers := &recorder{ask: j.ask}
	e := &evaluation{
		judge: j, request: c, attrs: attrs, versioned: versioned, matcher: j.matcher(c),
		authz: admissionauthorizer.NewCachingAuthorizer(answers),
		known: map[string]matchconditions.MatchResult{}, review: review,
	}
	for _, h := range j.hooks {
		if err := e.policy(ctx, h); err != nil {
			return nil, err
		}
	}
	review.Permissions = answers.answers
	return review, nil
}

// policy evaluates a policy by each of its bindings that matches the request.
func (e *evaluation) policy(ctx context.Context, h hook) error {
	resource, kind, ok := e.matches(h)
	if !ok {
		return nil
	}
	o := interfaces{mapper: e.judge.kinds.mapper}
	for _, b := range h.bindings {
		matches, err := e.matcher.BindingMatches(e.attrs, o, validating.NewValidatingAdmissionPolicyBindingAccessor(b))
		if matches && kind != e.request.kind {
			return fmt.Errorf("review %s: policy %s is about %s, to which objects cannot be converted here",
				e.request, h.policy.Name, kind.GroupVersion())
		}
		if err == nil && matches {
			err = e.binding(ctx, h, b, resource)
		}
		if err != nil {
			e.misconfigured(h.policy, b, fmt.Errorf("failed to configure binding: %w", err))
		}
	}
	return nil
}

// matches says whether a policy is about the request, and as which resource
// and kind. A policy that cannot be configured is not, and on record.
func (e *evaluation) matches(h hook) (schema.GroupVersionResource, schema.GroupVersionKind, bool) {
	matches, resource, kind, err := e.matcher.DefinitionMatches(e.attrs, interfaces{mapper: e.judge.kinds.mapper},
		validating.NewValidatingAdmissionPolicyAccessor(h.policy))
	if err == nil && matches {
		err = h.params.err
	}
	if err != nil {
		e.misconfigured(h.policy, nil, fmt.Errorf("failed to configure policy: %w", err))
	}
	return resource, kind, err == nil && matches
}

// binding evaluates a policy once for each parameter of a binding; once if it
// takes none. The error is one of configuration.
func (e *evaluation) binding(ctx context.Context, h hook, b *admissionregistrationv1.ValidatingAdmissionPolicyBinding, resource schema.GroupVersionResource) error {
	params, err := generic.CollectParams(h.policy.Spec.ParamKind, h.params.informer, h.params.scope,
		b.Spec.ParamRef, e.attrs.GetNamespace(), nil, nil)
	if err != nil {
		return err
	}
	namespace, err := e.namespace(ctx)
	if err != nil {
		return err
	}
	for _, p := range params {
		seen := &trace{known: e.known}
		result := h.validator().Validate(context.WithValue(ctx, traceKey{}, seen), resource, e.versioned, p,
			namespace, celconfig.RuntimeCELCostBudget, e.authz)
		e.review.Evaluations = append(e.review.Evaluations, newEvaluation(h.policy, b, paramName(p), seen, result))
	}
	if len(params) == 0 { // the binding allows that
		e.review.Evaluations = append(e.review.Evaluations, Evaluation{
			Policy: h.policy.Name, Binding: b.Name, Actions: b.Spec.ValidationActions, Outcome: Skipped,
		})
	}
	return nil
}

// namespace gives the object's namespace; none for an object in no namespace,
// and for a namespace itself.
func (e *evaluation) namespace(ctx context.Context) (*corev1.Namespace, error) {
	if e.attrs.GetNamespace() == "" || e.attrs.GetKind() == corev1.SchemeGroupVersion.WithKind("Namespace") {
		return nil, nil
	}
	return e.matcher.GetNamespace(ctx, e.attrs.GetNamespace())
}

// misconfigured adds the evaluation of a policy or binding that cannot be
// evaluated. Under failurePolicy Fail that denies, whatever the actions say.
func (e *evaluation) misconfigured(p *admissionregistrationv1.ValidatingAdmissionPolicy, b *admissionregistrationv1.ValidatingAdmissionPolicyBinding, err error) {
	result := Evaluation{Policy: p.Name, Outcome: Errored}
	failure := Failure{Policy: p.Name, Annotations: p.Annotations, Validation: -1, Broken: true, Message: err.Error(), Actions: forced(p)}
	if b != nil {
		result.Binding, result.Actions, failure.Binding = b.Name, b.Spec.ValidationActions, b.Name
	}
	result.Failures = []Failure{failure}
	e.review.Evaluations = append(e.review.Evaluations, result)
}

// forced gives the actions on an error that a binding's actions do not govern.
func forced(p *admissionregistrationv1.ValidatingAdmissionPolicy) []admissionregistrationv1.ValidationAction {
	if p.Spec.FailurePolicy != nil && *p.Spec.FailurePolicy == admissionregistrationv1.Ignore {
		return nil
	}
	return []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny}
}

// paramName gives `namespace/name` of a parameter; nothing without one.
func paramName(p runtime.Object) string {
	if p == nil {
		return ""
	}
	object, err := meta.Accessor(p)
	if err != nil {
		return ""
	}
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}
