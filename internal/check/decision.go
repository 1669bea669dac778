package check

import (
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/vapchart/vapchart/internal/admission"
)

// Verdict is what becomes of an object.
type Verdict string

// The verdicts. What is only warned about or audited is admitted.
const (
	Admitted Verdict = "admitted"
	Denied   Verdict = "denied"
)

// Subject is an object and where it was read from.
type Subject struct {
	File      string `json:"file"`
	Line      int    `json:"line"` // 1-based
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"` // empty for a kind that is in none
}

// Decision is what would become of one object, and all that is said about it,
// in the order of the policies.
type Decision struct {
	Subject
	Verdict  Verdict   `json:"verdict"`
	Denials  []Finding `json:"denials"`
	Warnings []Finding `json:"warnings"`
	Audits   []Finding `json:"audits"`
}

// Finding is what one policy says about an object.
type Finding struct {
	Policy  string `json:"policy"`
	Binding string `json:"binding"` // empty where the policy itself cannot be configured
	Message string `json:"message"`
	// Pods tells that the object itself passes, but that this is said about the
	// pods that it makes.
	Pods bool `json:"pods"`
	// Error tells that the policy could not be evaluated, which counts like an
	// object that does not comply.
	Error bool `json:"error,omitempty"`
}

// Decide puts together what the judge says about an object and about the pods
// that it makes; pods is nil for an object that makes none. An object is denied
// if either is: its pods would never come to be.
//
// What is said about both is kept once, where it weighs more: a denial of the
// pods instead of a warning about their controller, and that about the object
// itself where both weigh the same.
func Decide(s Subject, object, pods *admission.Review) Decision {
	own, theirs := findingsOf(object, false), levels{}
	if pods != nil {
		theirs = findingsOf(pods, true)
	}
	ofOwn := func(f Finding) bool { return own.gravity(f) >= theirs.gravity(f) }
	ofPods := func(f Finding) bool { return !ofOwn(f) }
	d := Decision{
		Subject: s, Verdict: Admitted,
		Denials:  append(Filter(own.denials, ofOwn), Filter(theirs.denials, ofPods)...),
		Warnings: append(Filter(own.warnings, ofOwn), Filter(theirs.warnings, ofPods)...),
		Audits:   append(Filter(own.audits, ofOwn), Filter(theirs.audits, ofPods)...),
	}
	if len(d.Denials) > 0 {
		d.Verdict = Denied
	}
	return d
}

// levels holds findings by what follows from them.
type levels struct{ denials, warnings, audits []Finding }

// findingsOf gives what a review found. A failure with several actions is at
// several levels, and one without any (an error that failurePolicy Ignore lets
// pass) at none.
func findingsOf(r *admission.Review, pods bool) levels {
	var out levels
	for _, e := range r.Evaluations {
		for _, f := range e.Failures {
			finding := Finding{Policy: f.Policy, Binding: f.Binding, Message: f.Message, Pods: pods, Error: f.Broken}
			for action, list := range map[admissionv1.ValidationAction]*[]Finding{
				admissionv1.Deny: &out.denials, admissionv1.Warn: &out.warnings, admissionv1.Audit: &out.audits,
			} {
				if slices.Contains(f.Actions, action) && !slices.Contains(*list, finding) {
					*list = append(*list, finding)
				}
			}
		}
	}
	return out
}

// gravity says how grave the gravest is that says the same as a finding: more
// for a denial than for a warning, more for that than for an audit, 0 for
// nothing. The message tells what is the same, since a rule and its form for
// controllers are two policies.
func (l levels) gravity(f Finding) int {
	for i, list := range [][]Finding{l.denials, l.warnings, l.audits} {
		if Says(list, f) {
			return 3 - i
		}
	}
	return 0
}

// Says tells whether a list has the message of a finding, whichever policy it is from.
func Says(list []Finding, f Finding) bool {
	return slices.ContainsFunc(list, func(o Finding) bool { return o.Message == f.Message })
}

// Filter gives the findings that are kept, never nil, for JSON.
func Filter(list []Finding, keep func(Finding) bool) []Finding {
	out := []Finding{}
	for _, f := range list {
		if keep(f) {
			out = append(out, f)
		}
	}
	return out
}
