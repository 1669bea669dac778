package bump

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/parser"

	"github.com/vapchart/vapchart/internal/policy"
)

// trees compares expressions by their syntax. Its parser runs without macros, so
// that has() and all() are calls as they are written, with their loop variables.
type trees struct{ parser *parser.Parser }

func newTrees() (*trees, error) {
	p, err := parser.NewParser(parser.EnableOptionalSyntax(true))
	if err != nil {
		return nil, fmt.Errorf("compare rules: %w", err)
	}
	return &trees{p}, nil
}

// parse gives the tree; ok is false for what is no CEL.
func (t *trees) parse(cel string) (*ast.AST, bool) {
	parsed, errs := t.parser.Parse(common.NewTextSource(cel))
	return parsed, len(errs.GetErrors()) == 0
}

// equal says whether two texts are the same expression. What is written from a tree
// shows the whole tree and nothing of how it was laid out.
func (t *trees) equal(a, b string) bool {
	x, ok := t.written(a)
	y, also := t.written(b)
	return ok && also && x == y
}

func (t *trees) written(cel string) (string, bool) {
	parsed, ok := t.parse(cel)
	if !ok {
		return "", false
	}
	out, err := parser.Unparse(parsed.Expr(), parsed.SourceInfo())
	return out, err == nil
}

// words gives what a rule's expressions are made of, each with how often: names of
// fields and functions, and literals. Loop variables are not among them, since they
// say nothing.
func (t *trees) words(r policy.Rule) map[string]int {
	out := map[string]int{}
	visit := ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			out["."+e.AsSelect().FieldName()]++
		case ast.CallKind:
			out[e.AsCall().FunctionName()+"()"]++
		case ast.LiteralKind:
			out[fmt.Sprintf("%q", fmt.Sprint(e.AsLiteral().Value()))]++
		default: // parts of the others
		}
	})
	for _, e := range judging(r) {
		if parsed, ok := t.parse(e); ok {
			ast.PreOrderVisit(parsed.Expr(), visit)
		}
	}
	return out
}

// judging gives the expressions of a rule that decide.
func judging(r policy.Rule) []string {
	var out []string
	for _, c := range r.Conditions {
		out = append(out, c.Expression.CEL)
	}
	for _, v := range r.Variables {
		out = append(out, v.Expression.CEL)
	}
	for _, v := range r.Validations {
		out = append(out, v.Expression.CEL)
	}
	return out
}

// likeness of two bags of words is from 0 to 1: what they share of what either has.
func likeness(a, b map[string]int) float64 {
	shared, all := 0, 0
	for _, word := range slices.Compact(slices.Sorted(maps.Keys(joined(a, b)))) {
		shared += min(a[word], b[word])
		all += max(a[word], b[word])
	}
	if all == 0 {
		return 0
	}
	return float64(shared) / float64(all)
}

func joined(a, b map[string]int) map[string]int {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
