package kyverno

import (
	"github.com/vapchart/vapchart/internal/policy"
)

type selector struct {
	MatchLabels      map[string]text       `yaml:"matchLabels"`
	MatchExpressions list[at[requirement]] `yaml:"matchExpressions"`
}

type requirement struct {
	Key      text       `yaml:"key"`
	Operator text       `yaml:"operator"`
	Values   list[text] `yaml:"values"`
}

// empty says that a selector selects everything.
func (s selector) empty() bool { return len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0 }

// needsLabel says that the selector selects nothing that has no labels.
func (s selector) needsLabel() bool {
	for _, e := range s.MatchExpressions {
		if op := e.Value.Operator.Value; op == "In" || op == "Exists" {
			return true
		}
	}
	return len(s.MatchLabels) > 0
}

// selector reads a label selector; one that is absent or empty is nil.
func (r *reading) selector(s *at[selector], field string) *policy.Selector {
	if !s.isSet() || s.Value.empty() {
		return nil
	}
	var out policy.Selector
	if len(s.Value.MatchLabels) > 0 {
		out.MatchLabels = map[string]string{}
	}
	for k, v := range s.Value.MatchLabels {
		out.MatchLabels[k] = v.Value
	}
	for _, e := range s.Value.MatchExpressions {
		out.MatchExpressions = append(out.MatchExpressions, r.requirement(e, field))
	}
	return &out
}

func (r *reading) requirement(e at[requirement], field string) policy.Requirement {
	q := e.Value
	if q.Key.Value == "" {
		r.errorf(e.Line, "%s.matchExpressions[].key is missing", field)
	}
	if q.Operator.Line == 0 {
		r.errorf(e.Line, "%s.matchExpressions[].operator is missing", field)
	}
	op := r.word(q.Operator, field+".matchExpressions[].operator", "In", "NotIn", "Exists", "DoesNotExist")
	switch op {
	case "In", "NotIn":
		if len(q.Values) == 0 {
			r.errorf(e.Line, "%s.matchExpressions[].values is missing, %s needs it", field, op)
		}
	case "Exists", "DoesNotExist":
		if len(q.Values) > 0 {
			r.errorf(e.Line, "%s.matchExpressions[].values is set, %s takes none", field, op)
		}
	}
	return policy.Requirement{Key: q.Key.Value, Operator: op, Values: plain(q.Values)}
}
