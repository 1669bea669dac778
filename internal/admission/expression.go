package admission

import (
	"slices"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
)

// expression is an expression of a policy, parsed, and what can be told of it
// before the namespace is known. It is not to be changed.
type expression struct {
	text string
	key  digest
	root ast.Expr
	info *ast.SourceInfo

	// foldable says that request and variables are only there to be selected
	// from, and are no loop's own.
	foldable bool
	byName   bool     // it reads request.namespace
	reads    []string // names of the variables that it reads
	bound    bool     // its value may depend on the namespace, see bound
	loops    bool
}

// newExpression parses an expression; ok is false where that fails.
func newExpression(text string) (e *expression, ok bool) {
	parsed, ok := parseCEL(text)
	if !ok {
		return nil, false
	}
	e = &expression{text: text, key: digestOf(text), root: parsed.Expr(), info: parsed.SourceInfo(), foldable: true}
	selected := map[ast.Expr]bool{}
	ast.PreOrderVisit(e.root, ast.NewExprVisitor(func(x ast.Expr) {
		switch x.Kind() {
		case ast.CallKind:
			e.loops = e.loops || loops(x.AsCall())
		case ast.SelectKind:
			s := x.AsSelect()
			selected[s.Operand()] = true
			e.byName = e.byName || isNamespace(x)
			if isIdent(s.Operand(), "variables") {
				e.reads = append(e.reads, s.FieldName())
			}
		case ast.IdentKind:
			if (isIdent(x, "request") || isIdent(x, "variables")) && !selected[x] {
				e.foldable = false
			}
		}
	}))
	slices.Sort(e.reads)
	e.reads = slices.Compact(e.reads)
	e.bound = bound(e.root)
	return e, true
}

// bound says whether an expression may depend on the namespace that an object is
// created in. That is so unless every word that could tell it is only asked for
// something else. Variables are expressions of their own.
func bound(e ast.Expr) bool {
	switch e.Kind() {
	case ast.IdentKind:
		return slices.Contains([]string{"request", "object", "oldObject", "namespaceObject", "authorizer", "params"}, e.AsIdent())
	case ast.SelectKind:
		s := e.AsSelect()
		if free(s.Operand(), s.FieldName()) {
			return false
		}
	case ast.CallKind:
		c := e.AsCall()
		if c.FunctionName() == "_?._" && len(c.Args()) == 2 && isText(c.Args()[1]) {
			if field, ok := c.Args()[1].AsLiteral().(types.String); ok && free(c.Args()[0], string(field)) {
				return false
			}
		}
	}
	return slices.ContainsFunc(children(e), bound)
}

// free says whether a field is the same in every namespace.
func free(of ast.Expr, field string) bool {
	if c := of; c.Kind() == ast.CallKind && c.AsCall().FunctionName() == "dyn" && len(c.AsCall().Args()) == 1 {
		return free(c.AsCall().Args()[0], field)
	}
	switch {
	case isIdent(of, "request"):
		return slices.Contains([]string{"operation", "kind", "resource", "subResource", "requestKind", "requestResource",
			"requestSubResource", "name", "userInfo", "dryRun", "options"}, field)
	case isIdent(of, "object"), isIdent(of, "oldObject"):
		return field != "metadata"
	case of.Kind() == ast.SelectKind && of.AsSelect().FieldName() == "metadata":
		o := of.AsSelect().Operand()
		return (isIdent(o, "object") || isIdent(o, "oldObject")) && slices.Contains([]string{"name", "labels", "annotations"}, field)
	}
	return false
}

// loops says whether a call is a macro that evaluates something many times, or
// gives a name to something.
func loops(c ast.CallExpr) bool {
	return slices.Contains([]string{"all", "exists", "exists_one", "existsOne", "map", "filter", "transformList",
		"transformMap", "transformMapEntry", "sortBy", "bind"}, c.FunctionName())
}

// isNamespace says whether an expression is request.namespace.
func isNamespace(e ast.Expr) bool {
	return e.Kind() == ast.SelectKind && isIdent(e.AsSelect().Operand(), "request") && e.AsSelect().FieldName() == "namespace"
}

func isIdent(e ast.Expr, name string) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == name }

// children gives the expressions that one is made of.
func children(e ast.Expr) []ast.Expr {
	switch e.Kind() {
	case ast.SelectKind:
		return []ast.Expr{e.AsSelect().Operand()}
	case ast.CallKind:
		if c := e.AsCall(); c.IsMemberFunction() {
			return append([]ast.Expr{c.Target()}, c.Args()...)
		}
		return e.AsCall().Args()
	case ast.ListKind:
		return e.AsList().Elements()
	case ast.MapKind:
		var out []ast.Expr
		for _, entry := range e.AsMap().Entries() {
			out = append(out, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
		return out
	case ast.StructKind:
		var out []ast.Expr
		for _, field := range e.AsStruct().Fields() {
			out = append(out, field.AsStructField().Value())
		}
		return out
	}
	return nil // a literal or a name; without macros there are no comprehensions
}
