package kyverno

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/vapchart/vapchart/internal/policy"
)

// FuzzRead reads anything at all: it must not panic, a rule that comes out must
// be whole, and every error must say where.
func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name != "want" {
				f.Add(file.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const path = "some/policy.yaml"
		res, err := Read(policy.Pin{Source: "fuzz"}, []File{{path, policy.Baseline, data}})
		for _, rule := range res.Rules {
			whole(t, rule)
		}
		for _, u := range res.Unsupported {
			if u.Line < 1 || u.Origin.Line < 1 || u.Origin.Path != path || u.Reason == "" || u.Detail == "" {
				t.Errorf("a refusal lacks something: %#v", u)
			}
		}
		if err == nil && len(res.Rules)+len(res.Unsupported) == 0 {
			t.Error("neither a rule, nor a refusal, nor an error")
		}
		for _, e := range flatten(err) {
			if err != nil && !strings.Contains(e.Error(), path+":") {
				t.Errorf("an error without its place: %v", e)
			}
		}
	})
}

// whole checks what the other packages rely on.
func whole(t *testing.T, rule policy.Rule) {
	t.Helper()
	if !isObjectName(rule.Name) || len(rule.Name) > 63 || rule.Origin.Line < 1 || rule.Profile == "" {
		t.Errorf("name, place or profile of %#v", rule)
	}
	if len(rule.Match) == 0 || len(rule.Validations) == 0 {
		t.Errorf("%s: nothing to match, or nothing to hold", rule.Name)
	}
	for _, filter := range rule.Match {
		if len(filter.Resources) == 0 {
			t.Errorf("%s: a filter matches no resources", rule.Name)
		}
	}
	for _, filter := range append(rule.Match, rule.Exclude...) {
		if filter.Line < 1 {
			t.Errorf("%s: a filter has no line", rule.Name)
		}
		for _, r := range filter.Resources {
			if len(r.Groups) == 0 || len(r.Versions) == 0 || len(r.Resources) == 0 || len(r.Operations) == 0 {
				t.Errorf("%s: resources lack a part: %#v", rule.Name, r)
			}
		}
	}
	if rule.FailurePolicy != "Fail" && rule.FailurePolicy != "Ignore" {
		t.Errorf("%s: failure policy %q", rule.Name, rule.FailurePolicy)
	}
	for _, e := range expressions(rule) {
		if strings.TrimSpace(e.CEL) == "" || e.Line < 1 {
			t.Errorf("%s: an expression is empty or has no line: %#v", rule.Name, e)
		}
	}
	for _, v := range rule.Validations {
		if strings.ContainsAny(v.Message, "\r\n") {
			t.Errorf("%s: a message of several lines: %q", rule.Name, v.Message)
		}
	}
}

func expressions(rule policy.Rule) []policy.Expression {
	var out []policy.Expression
	for _, c := range rule.Conditions {
		out = append(out, c.Expression)
	}
	for _, v := range rule.Variables {
		out = append(out, v.Expression)
	}
	for _, v := range rule.Validations {
		out = append(out, v.Expression)
		if v.MessageExpression != (policy.Expression{}) {
			out = append(out, v.MessageExpression)
		}
	}
	for _, a := range rule.AuditAnnotations {
		out = append(out, a.ValueExpression)
	}
	return out
}
