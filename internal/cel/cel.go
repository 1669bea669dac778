// Package cel reads and writes CEL expressions as syntax trees, by the parser that the
// API server uses. It parses without macros: has() and all() are plain calls and come
// back as they were written, with their loop variables. It knows no types; admission
// compiles.
package cel

import (
	"strings"

	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/parser"
)

// SyntaxError is what is wrong with an expression.
type SyntaxError struct{ Faults []Fault }

// Fault is one place that does not parse.
type Fault struct {
	Message  string
	Location common.Location // line from 1, column in characters from 0
}

// Error is the first fault.
func (e *SyntaxError) Error() string { return e.Faults[0].Message }

// Parse returns the tree of an expression. Another error than a *SyntaxError is one of
// the parser itself.
func Parse(text string) (*ast.AST, error) {
	p, err := parser.NewParser(parser.EnableOptionalSyntax(true))
	if err != nil {
		return nil, err
	}
	tree, errs := p.Parse(common.NewTextSource(text))
	list := errs.GetErrors()
	if len(list) == 0 {
		return tree, nil
	}
	out := &SyntaxError{}
	for _, e := range list {
		// The parser goes on to list every token that could have followed.
		message, _, _ := strings.Cut(e.Message, " expecting {")
		out.Faults = append(out.Faults, Fault{message, e.Location})
	}
	return nil, out
}

// Write returns the text of a part of a tree. It shows the whole of it and nothing of
// how it was laid out, so that two texts of one meaning come out the same.
func Write(tree *ast.AST, part ast.Expr) (string, error) {
	return parser.Unparse(part, tree.SourceInfo())
}

// Walk calls found for every expression of a tree, the outer before the inner.
func Walk(tree *ast.AST, found func(ast.Expr)) {
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(found))
}

// Equal says whether two texts are the same expression; false where either is none.
func Equal(a, b string) bool {
	x, ok := canonical(a)
	y, also := canonical(b)
	return ok && also && x == y
}

func canonical(text string) (string, bool) {
	tree, err := Parse(text)
	if err != nil {
		return "", false
	}
	out, err := Write(tree, tree.Expr())
	return out, err == nil
}
