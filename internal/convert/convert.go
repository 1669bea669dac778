// Package convert turns one policy.Rule into native admission objects, or says
// why that cannot be. Upstream's CEL goes in verbatim; what this package adds
// is what Kyverno does outside of CEL: filters, exclusions, preconditions. It
// compiles nothing: package admission checks the objects, with the API
// server's own code.
package convert

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// Objects is one rule as admission objects. The binding has no validation
// actions and selects no namespace: who is judged, and how, is for the chart's
// values to say.
type Objects struct {
	Rule    policy.Rule
	Policy  *admissionv1.ValidatingAdmissionPolicy
	Binding *admissionv1.ValidatingAdmissionPolicyBinding

	lines map[string]int // field path of an expression to its line upstream
}

// Line gives the line, in the file of the rule's origin, of the expression at a
// field path such as `spec.validations[1].expression`. For a field that has no
// line of its own it is the rule's.
func (o Objects) Line(field string) int {
	if line, ok := o.lines[field]; ok {
		return line
	}
	return o.Rule.Origin.Line
}

// All converts every rule. The error joins one error for each rule that could
// not be converted; those that are *policy.Unsupported may be skipped on
// request, the others are faults.
func All(rules []policy.Rule) ([]Objects, error) {
	var out []Objects
	var errs []error
	for _, r := range rules {
		o, err := Rule(r)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, o)
	}
	return out, errors.Join(errs...)
}

// Rule converts one rule. The error is a *policy.Unsupported where the rule
// cannot be expressed natively.
func Rule(r policy.Rule) (Objects, error) {
	o := Objects{Rule: r, lines: map[string]int{}}
	spec := admissionv1.ValidatingAdmissionPolicySpec{FailurePolicy: failurePolicy(r)}

	match, conditions, err := constraints(r)
	if err != nil {
		return Objects{}, err
	}
	spec.MatchConstraints = match

	unchanged, err := unchangedPod(r)
	if err != nil {
		return Objects{}, err
	}
	spec.MatchConditions = slices.Concat(unchanged, conditions)
	for _, c := range r.Conditions {
		o.mark(c.Expression, "spec.matchConditions[%d].expression", len(spec.MatchConditions))
		spec.MatchConditions = append(spec.MatchConditions,
			admissionv1.MatchCondition{Name: c.Name, Expression: c.Expression.CEL})
	}
	for i, v := range r.Variables {
		o.mark(v.Expression, "spec.variables[%d].expression", i)
		spec.Variables = append(spec.Variables, admissionv1.Variable{Name: v.Name, Expression: v.Expression.CEL})
	}
	for i, v := range r.Validations {
		o.mark(v.Expression, "spec.validations[%d].expression", i)
		o.mark(v.MessageExpression, "spec.validations[%d].messageExpression", i)
		spec.Validations = append(spec.Validations, validation(r, v))
	}
	for i, a := range r.AuditAnnotations {
		o.mark(a.ValueExpression, "spec.auditAnnotations[%d].valueExpression", i)
		spec.AuditAnnotations = append(spec.AuditAnnotations,
			admissionv1.AuditAnnotation{Key: a.Key, ValueExpression: a.ValueExpression.CEL})
	}
	if r.Param != nil {
		spec.ParamKind = &admissionv1.ParamKind{APIVersion: r.Param.APIVersion, Kind: r.Param.Kind}
	}

	o.Policy = &admissionv1.ValidatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: r.Name, Annotations: Provenance(r)},
		Spec:       spec,
	}
	o.Binding = &admissionv1.ValidatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicyBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: r.Name},
		Spec:       admissionv1.ValidatingAdmissionPolicyBindingSpec{PolicyName: r.Name, ParamRef: paramRef(r.Param)},
	}
	return o, nil
}

func (o Objects) mark(e policy.Expression, field string, i int) {
	if e.CEL != "" {
		o.lines[fmt.Sprintf(field, i)] = e.Line
	}
}

// validation keeps expression and message as they are. Two things the API asks
// for are filled in: a message where the expression has several lines, and, for
// rules of a profile, the reason that Pod Security Admission answers with (the
// API's default, Invalid, would make it a 422).
func validation(r policy.Rule, v policy.Validation) admissionv1.Validation {
	out := admissionv1.Validation{
		Expression:        v.Expression.CEL,
		Message:           v.Message,
		MessageExpression: v.MessageExpression.CEL,
	}
	if out.Message == "" && strings.Contains(strings.TrimSpace(v.Expression.CEL), "\n") {
		out.Message = "rule " + r.Name + " is violated"
	}
	reason := metav1.StatusReason(v.Reason)
	if reason == "" && r.Profile != policy.Other {
		reason = metav1.StatusReasonForbidden
	}
	if reason != "" {
		out.Reason = &reason
	}
	return out
}

func failurePolicy(r policy.Rule) *admissionv1.FailurePolicyType {
	p := admissionv1.Fail
	if r.FailurePolicy != "" {
		p = admissionv1.FailurePolicyType(r.FailurePolicy)
	}
	return &p
}

// paramRef gives the reference, which Kyverno keeps in the policy and
// Kubernetes in the binding. A parameter that is missing denies unless the
// policy says otherwise.
func paramRef(p *policy.Param) *admissionv1.ParamRef {
	if p == nil {
		return nil
	}
	action := admissionv1.DenyAction
	if p.NotFoundAction != "" {
		action = admissionv1.ParameterNotFoundActionType(p.NotFoundAction)
	}
	ref := &admissionv1.ParamRef{Name: p.Name, Namespace: p.Namespace, ParameterNotFoundAction: &action}
	if p.Selector != nil {
		ref.Selector = labelSelector(p.Selector)
	}
	return ref
}
