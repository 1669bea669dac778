package chart

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
)

// ruleFile is one file of the chart's files/rules: a rule as data, in the revision
// of the newest version of the standard that holds it, with those of earlier
// versions behind it. The templates put a policy together from its parts and change
// nothing in them.
type ruleFile struct {
	Name     string         `json:"name"`
	Title    string         `json:"title,omitempty"`
	Profile  policy.Profile `json:"profile"`
	revision `json:",inline"`
	Earlier  []revision `json:"earlier,omitempty"` // the newest first
}

// revision is a rule as some versions of the standard have it.
type revision struct {
	Since       string                                    `json:"since,omitempty"` // the first of these versions; empty for all
	Until       string                                    `json:"until,omitempty"` // the first that has it no longer
	Controls    []policy.Control                          `json:"controls,omitempty"`
	Annotations map[string]string                         `json:"annotations"`
	ParamRef    *admissionv1.ParamRef                     `json:"paramRef,omitempty"`
	Spec        admissionv1.ValidatingAdmissionPolicySpec `json:"spec"`                  // on pods
	Exception   *instead                                  `json:"exception,omitempty"`   // what holds in its place where an exception is in force
	Controllers *onControllers                            `json:"controllers,omitempty"` // the same on pod templates
}

type instead struct {
	Allows      []string                 `json:"allows,omitempty"` // the allow keys that touch the rule
	Variables   []admissionv1.Variable   `json:"variables,omitempty"`
	Validations []admissionv1.Validation `json:"validations"`
}

type onControllers struct {
	Spec      admissionv1.ValidatingAdmissionPolicySpec `json:"spec"`
	Exception *instead                                  `json:"exception,omitempty"`
}

func newRuleFile(r Rule) (ruleFile, error) {
	f := ruleFile{Name: r.Rule.Name, Title: r.Rule.Title, Profile: r.Rule.Profile}
	var err error
	if f.revision, err = newRevision(r); err != nil {
		return f, err
	}
	for _, e := range r.Earlier {
		earlier, err := newRevision(e)
		if err != nil {
			return f, err
		}
		f.Earlier = append(f.Earlier, earlier)
	}
	return f, nil
}

func newRevision(r Rule) (revision, error) {
	f := revision{
		Since: r.Since, Until: r.Until, Controls: r.Rule.Controls,
		Annotations: r.Policy.Annotations, ParamRef: r.Binding.Spec.ParamRef, Spec: r.Policy.Spec,
		Exception: newInstead(r.Exception),
	}
	spec, err := convert.OnControllers(r.Objects)
	if err != nil || spec == nil {
		return f, err
	}
	f.Controllers = &onControllers{Spec: *spec}
	if f.Exception != nil {
		e := &instead{}
		e.Variables, e.Validations, err = convert.OnTemplate(f.Exception.Variables, f.Exception.Validations)
		f.Controllers.Exception = e
	}
	return f, err
}

func newInstead(c *exception.Compensation) *instead {
	if c == nil {
		return nil
	}
	forbidden := metav1.StatusReasonForbidden
	out := &instead{Allows: c.Allows}
	for _, v := range c.Variables {
		out.Variables = append(out.Variables, admissionv1.Variable{Name: v.Name, Expression: v.Expression.CEL})
	}
	for _, v := range c.Validations {
		out.Validations = append(out.Validations, admissionv1.Validation{
			Expression: v.Expression.CEL, Message: v.Message, MessageExpression: v.MessageExpression.CEL, Reason: &forbidden})
	}
	return out
}
