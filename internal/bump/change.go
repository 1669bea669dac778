package bump

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/cel"
	"github.com/vapchart/vapchart/internal/policy"
)

// whole compares a rule in all its forms.
func whole(was, is Rule) (Kind, []string) {
	kind, parts := change(was.Rule, is.Rule)
	if len(was.Earlier) != len(is.Earlier) {
		return Meaning, append(parts, "forms at older versions of the standard")
	}
	for i := range was.Earlier {
		k, p := change(was.Earlier[i], is.Earlier[i])
		for _, part := range p {
			if older := part + " at older versions of the standard"; !slices.Contains(parts, part) && !slices.Contains(parts, older) {
				parts = append(parts, older)
			}
		}
		kind = heavier(kind, k)
	}
	return kind, parts
}

// change compares one form of a rule. Where it stands and what it was made from does
// not count.
func change(was, is policy.Rule) (Kind, []string) {
	c := changes{kind: Same}
	c.fact("profile", was.Profile, is.Profile)
	c.fact("match", lineless(was.Match), lineless(is.Match))
	c.fact("exclude", lineless(was.Exclude), lineless(is.Exclude))
	c.fact("parameters", was.Param, is.Param)
	c.fact("failurePolicy", orFail(was.FailurePolicy), orFail(is.FailurePolicy))
	each(&c, "precondition", was.Conditions, is.Conditions, func(name string, a, b policy.Condition) {
		c.expression(name, a.Expression, b.Expression, Meaning)
	})
	each(&c, "variable", was.Variables, is.Variables, func(name string, a, b policy.Variable) {
		c.fact(name, a.Name, b.Name)
		c.expression(name, a.Expression, b.Expression, Meaning)
	})
	each(&c, "validation", was.Validations, is.Validations, func(name string, a, b policy.Validation) {
		c.expression(name, a.Expression, b.Expression, Meaning)
		c.text("message of "+name, a.Message, b.Message)
		c.expression("message of "+name, a.MessageExpression, b.MessageExpression, Message)
		if a.Reason != b.Reason {
			c.note("reason of "+name, Message)
		}
	})
	each(&c, "audit annotation", was.AuditAnnotations, is.AuditAnnotations, func(name string, a, b policy.AuditAnnotation) {
		if a.Key != b.Key {
			c.note(name, Message)
		}
		c.expression(name, a.ValueExpression, b.ValueExpression, Message)
	})
	c.text("title", was.Title, is.Title)
	return c.kind, c.parts
}

// changes collects what differs in a rule.
type changes struct {
	kind  Kind
	parts []string
}

func (c *changes) note(part string, kind Kind) {
	c.kind = heavier(c.kind, kind)
	if !slices.Contains(c.parts, part) {
		c.parts = append(c.parts, part)
	}
}

func (c *changes) fact(part string, was, is any) {
	if !reflect.DeepEqual(was, is) {
		c.note(part, Meaning)
	}
}

// text compares words for people, in which blanks are formatting.
func (c *changes) text(part, was, is string) {
	switch {
	case was == is:
	case slices.Equal(strings.Fields(was), strings.Fields(is)):
		c.note(part, Formatting)
	default:
		c.note(part, Message)
	}
}

// expression compares CEL; kind is what another tree is.
func (c *changes) expression(part string, was, is policy.Expression, kind Kind) {
	switch {
	case was.CEL == is.CEL:
	case cel.Equal(was.CEL, is.CEL):
		c.note(part, Formatting)
	default:
		c.note(part, kind)
	}
}

// each compares two lists one by one. Another length is another meaning: one
// validation more or less is.
func each[T any](c *changes, what string, was, is []T, compare func(name string, a, b T)) {
	if len(was) != len(is) {
		c.note(fmt.Sprintf("number of %ss (%d, was %d)", what, len(is), len(was)), Meaning)
		return
	}
	for i := range was {
		name := what
		if len(was) > 1 {
			name = fmt.Sprintf("%s %d", what, i+1)
		}
		compare(name, was[i], is[i])
	}
}

// lineless gives filters without the lines that they stand on.
func lineless(filters []policy.Filter) []policy.Filter {
	out := slices.Clone(filters)
	for i := range out {
		out[i].Line = 0
	}
	return out
}

func orFail(failurePolicy string) string {
	if failurePolicy == "" {
		return "Fail"
	}
	return failurePolicy
}
