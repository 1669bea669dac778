package exception

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// merger adds up compensations.
type merger struct{ Compensation }

// add takes over a compensation. Variables of one name say the same in all of
// them.
func (m *merger) add(c Compensation) {
	for _, name := range c.Allows {
		if !slices.Contains(m.Allows, name) {
			m.Allows = append(m.Allows, name)
		}
	}
	for _, v := range c.Variables {
		if _, ok := m.variable(v.Name); !ok {
			m.Variables = append(m.Variables, v)
		}
	}
	m.Validations = append(m.Validations, c.Validations...)
}

// borrow takes over the checks of a built-in rule as they are. Its variables
// get names of their own, since the rule that the compensation is for may have
// variables of the same names that say something else.
func (m *merger) borrow(r policy.Rule) error {
	names := map[string]string{}
	renamed := func(e policy.Expression) (policy.Expression, error) {
		if e.CEL == "" {
			return e, nil
		}
		cel, err := rename(e.CEL, names)
		if err != nil {
			return e, fmt.Errorf("compensate %s: %s:%d: cel: %w", r.Origin, r.Origin.Path, e.Line, err)
		}
		return policy.Expression{CEL: cel, Line: e.Line}, nil
	}
	for _, v := range r.Variables {
		e, err := renamed(v.Expression)
		if err != nil {
			return err
		}
		names[v.Name] = m.define(v.Name, e)
	}
	for _, v := range r.Validations {
		var err error
		if v.Expression, err = renamed(v.Expression); err != nil {
			return err
		}
		if v.MessageExpression, err = renamed(v.MessageExpression); err != nil {
			return err
		}
		m.Validations = append(m.Validations, v)
	}
	return nil
}

// define adds a borrowed variable and gives its new name: the old one behind a
// prefix, with a number where another rule's has it and says something else.
func (m *merger) define(old string, e policy.Expression) string {
	base := borrowedPrefix + strings.ToUpper(old[:1]) + old[1:]
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name = fmt.Sprintf("%s%d", base, n)
		}
		v, taken := m.variable(name)
		if !taken {
			m.Variables = append(m.Variables, policy.Variable{Name: name, Expression: e})
			return name
		}
		if v.Expression.CEL == e.CEL {
			return name
		}
	}
}

func (m *merger) variable(name string) (policy.Variable, bool) {
	i := slices.IndexFunc(m.Variables, func(v policy.Variable) bool { return v.Name == name })
	if i < 0 {
		return policy.Variable{}, false
	}
	return m.Variables[i], true
}
