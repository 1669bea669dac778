package admission

import (
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
)

// Outcome is what came of evaluating a policy.
type Outcome string

// The outcomes. What follows from one is up to the actions of each failure.
const (
	Admitted Outcome = "admit"          // every validation is true
	Denied   Outcome = "deny"           // a validation is false
	Errored  Outcome = "error"          // none is false, but something could not be evaluated
	Skipped  Outcome = "not-applicable" // a match condition is false, or there is no parameter
)

// Evaluation is a policy that matched a request, by one binding and with one
// parameter.
type Evaluation struct {
	Policy  string
	Binding string // empty where the policy itself cannot be configured
	Param   string // `namespace/name`, or `name`; empty without one
	Actions []admissionregistrationv1.ValidationAction
	Outcome Outcome

	// Condition names the match condition that is false, where that is why the
	// policy does not apply.
	Condition string
	// Failures holds each validation that is false, and each error, in order.
	Failures []Failure
	// AuditAnnotations are those that the policy publishes, in order.
	AuditAnnotations []AuditAnnotation
	// Cost is what the validations cost, with the variables they use, in the
	// units of CEL's budget (10,000,000 for each evaluation).
	Cost int64
}

// Failure is one validation that is false, or one error.
type Failure struct {
	Policy, Binding, Param string
	Annotations            map[string]string // of the policy: whoever made it knows it again by them
	// Validation is the index in spec.validations; -1 for an error in something
	// else.
	Validation int
	Broken     bool // it is an error
	Message    string
	Reason     metav1.StatusReason // empty for an error
	// Actions are what the API server does about it. Empty for an error that
	// failurePolicy Ignore lets pass.
	Actions []admissionregistrationv1.ValidationAction
}

// AuditAnnotation is a key, without the policy's name, and a value that a
// policy publishes in the audit log.
type AuditAnnotation struct{ Key, Value string }

// Denial gives the words in which the API server refuses a request for this.
func (f Failure) Denial() string {
	if f.Binding == "" {
		return fmt.Sprintf("ValidatingAdmissionPolicy '%s' denied request: %s", f.Policy, f.Message)
	}
	return fmt.Sprintf("ValidatingAdmissionPolicy '%s' with binding '%s' denied request: %s", f.Policy, f.Binding, f.Message)
}

// Warning gives the words in which the API server warns of this.
func (f Failure) Warning() string {
	return fmt.Sprintf("Validation failed for ValidatingAdmissionPolicy '%s' with binding '%s': %s", f.Policy, f.Binding, f.Message)
}

// newEvaluation takes a validator's result apart.
func newEvaluation(p *admissionregistrationv1.ValidatingAdmissionPolicy, b *admissionregistrationv1.ValidatingAdmissionPolicyBinding, param string, seen *trace, result validating.ValidateResult) Evaluation {
	e := Evaluation{
		Policy: p.Name, Binding: b.Name, Param: param, Actions: b.Spec.ValidationActions,
		Condition: seen.match.FailedConditionName, Cost: seen.cost,
	}
	failure := Failure{Policy: p.Name, Annotations: p.Annotations, Binding: b.Name, Param: param, Validation: -1, Broken: true}
	for i, d := range result.Decisions {
		if d.Evaluation == validating.EvalAdmit {
			continue
		}
		f := failure
		f.Message, f.Reason, f.Broken = d.Message, d.Reason, d.Evaluation == validating.EvalError
		// One decision that stands for all of them is an error that no single
		// validation made.
		if len(result.Decisions) == len(p.Spec.Validations) && seen.match.Error == nil {
			f.Validation = i
		}
		if d.Action == validating.ActionDeny {
			f.Actions = b.Spec.ValidationActions
		}
		e.Failures = append(e.Failures, f)
	}
	e.addAnnotations(failure, result.AuditAnnotations)
	e.Outcome = outcome(e, result)
	return e
}

// addAnnotations adds the audit annotations; an error in one denies, whatever
// the actions of the binding say.
func (e *Evaluation) addAnnotations(failure Failure, annotations []validating.PolicyAuditAnnotation) {
	for _, a := range annotations {
		switch {
		case a.Action == validating.AuditAnnotationActionPublish:
			e.AuditAnnotations = append(e.AuditAnnotations, AuditAnnotation{a.Key, a.Value})
		case a.Error != "":
			failure.Message = a.Error
			failure.Actions = nil
			if a.Action == validating.AuditAnnotationActionError {
				failure.Actions = []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny}
			}
			e.Failures = append(e.Failures, failure)
		}
	}
}

func outcome(e Evaluation, result validating.ValidateResult) Outcome {
	o := Admitted
	if len(result.Decisions)+len(result.AuditAnnotations) == 0 {
		o = Skipped
	}
	for _, f := range e.Failures {
		if !f.Broken {
			return Denied
		}
		o = Errored
	}
	return o
}
