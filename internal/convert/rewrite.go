package convert

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/cel-go/common/ast"

	"github.com/vapchart/vapchart/internal/cel"
)

// rewriter replaces identifiers such as `object` and `oldObject` by the CEL that takes
// their place. It works on the syntax tree, so text in string literals stays as it is.
type rewriter map[string]string

// rewrite gives the expression with other words for the object.
func (w rewriter) rewrite(text string) (string, error) {
	parsed, err := cel.Parse(text)
	if err != nil {
		return "", fmt.Errorf("rewrite cel: %w", err)
	}
	shadowed := false
	cel.Walk(parsed, func(e ast.Expr) {
		shadowed = shadowed || e.Kind() == ast.CallKind && bindsObject(e.AsCall())
	})
	if shadowed {
		return "", errors.New("rewrite cel: a loop variable is named object")
	}
	// All places are found before any is changed: what is put in may hold the
	// same identifiers again.
	var places []ast.Expr
	ast.PostOrderVisit(parsed.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.IdentKind && w[e.AsIdent()] != "" {
			places = append(places, e)
		}
	}))
	for _, e := range places {
		in, err := cel.Parse(w[e.AsIdent()])
		if err != nil {
			return "", fmt.Errorf("rewrite cel: %w", err)
		}
		e.SetKindCase(in.Expr())
	}
	out, err := cel.Write(parsed, parsed.Expr())
	if err != nil {
		return "", fmt.Errorf("rewrite cel: %w", err)
	}
	return out, nil
}

// bindsObject says whether a call is a macro whose loop variable hides object.
func bindsObject(c ast.CallExpr) bool {
	macros := []string{"all", "exists", "exists_one", "existsOne", "map", "filter", "transformList", "transformMap", "sortBy", "bind"}
	if !slices.Contains(macros, c.FunctionName()) {
		return false
	}
	return slices.ContainsFunc(c.Args(), func(a ast.Expr) bool {
		return isObject(a) && (c.IsMemberFunction() || len(c.Args()) > 1)
	})
}
