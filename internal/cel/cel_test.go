package cel_test

import (
	"errors"
	"testing"

	"github.com/google/cel-go/common/ast"

	"github.com/vapchart/vapchart/internal/cel"
)

// TestMacrosStay wants macros back as they were written, and the optional syntax.
func TestMacrosStay(t *testing.T) {
	for text, want := range map[string]string{
		"has(object.spec) && object.spec.containers.all(c, c.name != '')": `has(object.spec) && object.spec.containers.all(c, c.name != "")`,
		"object.?spec.orValue({})":                                        "object.?spec.orValue({})",
	} {
		tree, err := cel.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := cel.Write(tree, tree.Expr()); err != nil || got != want {
			t.Errorf("%s comes back as %s, %v", text, got, err)
		}
		calls := 0
		cel.Walk(tree, func(e ast.Expr) {
			if e.Kind() == ast.CallKind {
				calls++
			}
		})
		if calls == 0 {
			t.Errorf("%s has no calls", text)
		}
	}
}

func TestFaults(t *testing.T) {
	_, err := cel.Parse("a +\n  )")
	var syntax *cel.SyntaxError
	if !errors.As(err, &syntax) || len(syntax.Faults) == 0 || syntax.Faults[0].Location.Line() != 2 || err.Error() != syntax.Faults[0].Message {
		t.Errorf("got %v", err)
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"a&&(b)", "a && b", true}, {"a && b", "b && a", false}, {"a +", "a +", false}} {
		if got := cel.Equal(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %t", c.a, c.b, got)
		}
	}
}
