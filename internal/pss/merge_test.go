package pss

import (
	"reflect"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
)

func mergeable(name string, variables ...policy.Variable) policy.Rule {
	return policy.Rule{
		Name: name, Profile: policy.Baseline, Title: "Title",
		Origin:           policy.Origin{Path: "lib/" + name + ".yaml", Line: len(name), Policy: "lib", Rule: name},
		Match:            []policy.Filter{{Line: len(name), Resources: []policy.Resources{{Resources: []string{"pods"}}}}},
		Variables:        variables,
		Validations:      []policy.Validation{{Expression: policy.Expression{CEL: name}}},
		AuditAnnotations: []policy.AuditAnnotation{{Key: name}},
	}
}

func variable(name, cel string, line int) policy.Variable {
	return policy.Variable{Name: name, Expression: policy.Expression{CEL: cel, Line: line}}
}

func TestMerge(t *testing.T) {
	one := mergeable("one", variable("a", "1", 3), variable("b", "variables.a", 4))
	three := mergeable("three", variable("a", "1", 30), variable("c", "3", 31))
	got, err := merge("whole", []policy.Rule{one, three})
	if err != nil {
		t.Fatal(err)
	}
	want := mergeable("one", variable("a", "1", 3), variable("b", "variables.a", 4), variable("c", "3", 31))
	want.Name, want.Origin.Rule = "whole", "one+three"
	want.Validations = append(want.Validations, three.Validations...)
	want.AuditAnnotations = append(want.AuditAnnotations, three.AuditAnnotations...)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("merged to\n%+v\nwant\n%+v", got, want)
	}
	if len(one.Variables) != 2 || len(one.Validations) != 1 {
		t.Error("merging changed the first rule")
	}
}

func TestMergeRefuses(t *testing.T) {
	one := mergeable("one", variable("a", "1", 3))
	for message, change := range map[string]func(*policy.Rule){
		"differ in variable a":              func(r *policy.Rule) { r.Variables[0].Expression.CEL = "2" },
		"do not apply to the same requests": func(r *policy.Rule) { r.Match[0].Namespaces = []string{"x"} },
		"one and lib/other do not apply":    func(r *policy.Rule) { r.Conditions = []policy.Condition{{Name: "c"}} },
		"other do not apply to the same":    func(r *policy.Rule) { r.FailurePolicy = "Ignore" },
	} {
		other := mergeable("other", variable("a", "1", 9))
		change(&other)
		if _, err := merge("whole", []policy.Rule{one, other}); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("error %v, want one with %q", err, message)
		}
	}
}
