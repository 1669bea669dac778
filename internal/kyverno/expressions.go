package kyverno

import (
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// The parts below have the shape of the Kubernetes API (admissionregistration)
// in both kinds of policy.

// named is a match condition or a variable.
type named struct {
	Name       text `yaml:"name"`
	Expression text `yaml:"expression"`
}

type validation struct {
	Expression        text `yaml:"expression"`
	Message           text `yaml:"message"`
	MessageExpression text `yaml:"messageExpression"`
	Reason            text `yaml:"reason"`
}

type auditAnnotation struct {
	Key             text `yaml:"key"`
	ValueExpression text `yaml:"valueExpression"`
}

// expression takes CEL over as it stands, once it parses.
func (r *reading) expression(t text, line int, field string) policy.Expression {
	if strings.TrimSpace(t.Value) == "" {
		r.errorf(max(t.Line, line), "%s is missing", field)
		return policy.Expression{}
	}
	r.cel.check(r, t, field)
	return policy.Expression{CEL: t.Value, Line: t.Line}
}

// name checks that a list's element has a name and that no other has it.
func (r *reading) name(t text, line int, field string, taken map[string]bool) string {
	switch {
	case t.Value == "":
		r.errorf(max(t.Line, line), "%s is missing", field)
	case taken[t.Value]:
		r.errorf(t.Line, "%s %q is given twice", field, t.Value)
	}
	taken[t.Value] = true
	return t.Value
}

func (r *reading) conditions(list []at[named], field string, taken map[string]bool) []policy.Condition {
	var out []policy.Condition
	for _, c := range list {
		out = append(out, policy.Condition{
			Name:       r.name(c.Value.Name, c.Line, field+"[].name", taken),
			Expression: r.expression(c.Value.Expression, c.Line, field+"[].expression"),
		})
	}
	return out
}

func (r *reading) variables(list []at[named]) []policy.Variable {
	var out []policy.Variable
	taken := map[string]bool{}
	for _, v := range list {
		out = append(out, policy.Variable{
			Name:       r.name(v.Value.Name, v.Line, "variables[].name", taken),
			Expression: r.expression(v.Value.Expression, v.Line, "variables[].expression"),
		})
	}
	return out
}

// validations reads expressions and what to say when they fail. common is the
// message of those that have none.
func (r *reading) validations(list []at[validation], field string, common text) []policy.Validation {
	var out []policy.Validation
	fallback := r.message(common)
	for _, item := range list {
		v := item.Value
		one := policy.Validation{
			Expression: r.expression(v.Expression, item.Line, field+"[].expression"),
			Message:    r.message(v.Message),
			// The API takes these four of all reasons there are.
			Reason: r.word(v.Reason, "reason", "Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"),
		}
		if one.Message == "" {
			one.Message = fallback
		}
		if v.MessageExpression.Line != 0 {
			one.MessageExpression = r.expression(v.MessageExpression, item.Line, "messageExpression")
		}
		out = append(out, one)
	}
	return out
}

// message gives a message without the white space that YAML's blocks leave
// around it. The API refuses one of several lines.
func (r *reading) message(t text) string {
	m := strings.TrimSpace(t.Value)
	if strings.ContainsAny(m, "\n\r") {
		r.errorf(t.Line, "the message holds a line break, which Kubernetes refuses: write it on one line, or folded (>-)")
	}
	return m
}

func (r *reading) auditAnnotations(list []at[auditAnnotation]) []policy.AuditAnnotation {
	var out []policy.AuditAnnotation
	taken := map[string]bool{}
	for _, a := range list {
		out = append(out, policy.AuditAnnotation{
			Key:             r.name(a.Value.Key, a.Line, "auditAnnotations[].key", taken),
			ValueExpression: r.expression(a.Value.ValueExpression, a.Line, "auditAnnotations[].valueExpression"),
		})
	}
	return out
}
