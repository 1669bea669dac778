package bump

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/cel-go/common/ast"

	"github.com/vapchart/vapchart/internal/cel"
	"github.com/vapchart/vapchart/internal/policy"
)

// words gives what a rule's expressions are made of, each with how often: names of
// fields and functions, and literals. Loop variables are not among them, since they
// say nothing.
func words(r policy.Rule) map[string]int {
	out := map[string]int{}
	visit := func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			out["."+e.AsSelect().FieldName()]++
		case ast.CallKind:
			out[e.AsCall().FunctionName()+"()"]++
		case ast.LiteralKind:
			out[fmt.Sprintf("%q", fmt.Sprint(e.AsLiteral().Value()))]++
		default: // parts of the others
		}
	}
	for _, e := range judging(r) {
		if tree, err := cel.Parse(e); err == nil {
			cel.Walk(tree, visit)
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
