package convert

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/parser"
)

// rewriter replaces `object` and `oldObject` in expressions. It works on the
// syntax tree, so text in string literals stays as it is. Its parser runs
// without macros: has() and all() are plain calls and come back as they were
// written.
type rewriter struct {
	parser  *parser.Parser
	replace map[string]string // identifier to the CEL that takes its place
}

func newRewriter(replace map[string]string) (*rewriter, error) {
	p, err := parser.NewParser(parser.EnableOptionalSyntax(true))
	if err != nil {
		return nil, fmt.Errorf("rewrite cel: %w", err)
	}
	return &rewriter{p, replace}, nil
}

func (w *rewriter) parse(cel string) (*ast.AST, error) {
	parsed, errs := w.parser.Parse(common.NewTextSource(cel))
	if list := errs.GetErrors(); len(list) > 0 {
		return nil, fmt.Errorf("rewrite cel: %s", list[0].Message)
	}
	return parsed, nil
}

// rewrite gives the expression with other words for the object.
func (w *rewriter) rewrite(cel string) (string, error) {
	parsed, err := w.parse(cel)
	if err != nil {
		return "", err
	}
	shadowed := false
	ast.PreOrderVisit(parsed.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		shadowed = shadowed || e.Kind() == ast.CallKind && bindsObject(e.AsCall())
	}))
	if shadowed {
		return "", errors.New("rewrite cel: a loop variable is named object")
	}
	// All places are found before any is changed: what is put in may hold the
	// same identifiers again.
	var places []ast.Expr
	ast.PostOrderVisit(parsed.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.IdentKind && w.replace[e.AsIdent()] != "" {
			places = append(places, e)
		}
	}))
	for _, e := range places {
		in, err := w.parse(w.replace[e.AsIdent()])
		if err != nil {
			return "", err
		}
		e.SetKindCase(in.Expr())
	}
	out, err := parser.Unparse(parsed.Expr(), parsed.SourceInfo())
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
