package admission

import (
	"errors"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
)

// Review is the answer to a request: what each policy that matched it says, in
// the order of the documents, and what the API server makes of that.
type Review struct {
	Evaluations []Evaluation
	Permissions []Permission // what policies were told about permissions
	attrs       admission.Attributes
}

// Allowed says whether the request passes.
func (r *Review) Allowed() bool { return len(r.Denials()) == 0 }

// Denials gives every failure for which the request is refused. The API server
// reports only one: the first, but it keeps its policies in no fixed order.
func (r *Review) Denials() []Failure { return r.failures(admissionregistrationv1.Deny) }

// Warned gives every failure that the client is warned of, in order.
func (r *Review) Warned() []Failure { return r.failures(admissionregistrationv1.Warn) }

// Audited gives every failure that goes into the audit event, in order.
func (r *Review) Audited() []Failure { return r.failures(admissionregistrationv1.Audit) }

// Warnings gives the warnings that the client gets, in order.
func (r *Review) Warnings() []string {
	var out []string //nolint:prealloc // nil where there are none, which are most
	for _, f := range r.Warned() {
		out = append(out, f.Warning())
	}
	return out
}

// Message gives the words in which the API server refuses the request; empty
// if it passes.
func (r *Review) Message() string {
	if denials := r.Denials(); len(denials) > 0 {
		return denials[0].Denial()
	}
	return ""
}

// Status gives the whole answer of the API server to a request that it refuses;
// nil if it passes.
func (r *Review) Status() *metav1.Status {
	denials := r.Denials()
	if len(denials) == 0 {
		return nil
	}
	var status *apierrors.StatusError
	if !errors.As(admission.NewForbidden(r.attrs, errors.New(r.Message())), &status) {
		return nil
	}
	reason := denials[0].Reason
	if reason == "" {
		reason = metav1.StatusReasonInvalid
	}
	status.ErrStatus.Reason = reason
	status.ErrStatus.Code = httpCode(reason)
	status.ErrStatus.Details.Causes = append(status.ErrStatus.Details.Causes, metav1.StatusCause{Message: r.Message()})
	return &status.ErrStatus
}

// httpCode gives the HTTP code of a reason that a policy may give.
func httpCode(reason metav1.StatusReason) int32 {
	switch reason {
	case metav1.StatusReasonForbidden:
		return 403
	case metav1.StatusReasonUnauthorized:
		return 401
	case metav1.StatusReasonRequestEntityTooLarge:
		return 413
	default:
		return 422
	}
}

// AuditAnnotations gives what the API server adds to the audit event, by key:
// the annotations of the policies, and the failures of bindings with Audit.
func (r *Review) AuditAnnotations() (map[string]string, error) {
	const maxValue = 10 * 1024 // bytes; the API server cuts what is longer
	values := map[string][]string{}
	for _, e := range r.Evaluations {
		for _, a := range e.AuditAnnotations {
			key, value := e.Policy+"/"+a.Key, a.Value[:min(len(a.Value), maxValue)]
			if !slices.Contains(values[key], value) {
				values[key] = append(values[key], value)
			}
		}
	}
	out := map[string]string{}
	for key, v := range values {
		out[key] = strings.Join(v, ", ")
	}
	return out, r.addFailures(out)
}

// addFailures adds the failures of bindings with Audit, as JSON.
func (r *Review) addFailures(annotations map[string]string) error {
	const most = 50 // the API server leaves out the rest
	var values []validating.ValidationFailureValue
	for _, f := range r.failures(admissionregistrationv1.Audit) {
		if len(values) == most {
			break
		}
		values = append(values, validating.ValidationFailureValue{
			Message: f.Message, Policy: f.Policy, Binding: f.Binding,
			ExpressionIndex: max(f.Validation, 0), ValidationActions: f.Actions,
		})
	}
	if len(values) == 0 {
		return nil
	}
	data, err := utiljson.Marshal(values)
	annotations["validation.policy.admission.k8s.io/validation_failure"] = string(data)
	return err
}

// failures gives every failure that an action is taken about, in order.
func (r *Review) failures(action admissionregistrationv1.ValidationAction) []Failure {
	var out []Failure
	for _, e := range r.Evaluations {
		for _, f := range e.Failures {
			if slices.Contains(f.Actions, action) {
				out = append(out, f)
			}
		}
	}
	return out
}
