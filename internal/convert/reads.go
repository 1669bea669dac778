package convert

import (
	"fmt"
	"slices"

	"github.com/google/cel-go/common/ast"

	"github.com/vapchart/vapchart/internal/cel"
	"github.com/vapchart/vapchart/internal/policy"
)

// readsMetadata says whether the rule looks at more of the object than its spec:
// by its filters, or in an expression. The latter works on the syntax tree, where
// text in a string literal is not mistaken for a field.
func readsMetadata(r policy.Rule) (bool, error) {
	for _, f := range slices.Concat(r.Match, r.Exclude) {
		if len(f.Annotations) > 0 || f.Selector != nil {
			return true, nil
		}
	}
	for _, e := range expressions(r) {
		parsed, err := cel.Parse(e.CEL)
		if err != nil {
			return false, fmt.Errorf("convert %s: %s:%d: cel: %w", r.Origin, r.Origin.Path, e.Line, err)
		}
		if beyondSpec(parsed.Expr()) {
			return true, nil
		}
	}
	return false, nil
}

func expressions(r policy.Rule) []policy.Expression {
	var out []policy.Expression
	for _, c := range r.Conditions {
		out = append(out, c.Expression)
	}
	for _, v := range r.Variables {
		out = append(out, v.Expression)
	}
	for _, v := range r.Validations {
		out = append(out, v.Expression)
		if v.MessageExpression.CEL != "" {
			out = append(out, v.MessageExpression)
		}
	}
	for _, a := range r.AuditAnnotations {
		out = append(out, a.ValueExpression)
	}
	return out
}

// beyondSpec finds a use of object or oldObject that is not `.spec`. The
// parser runs without macros, so has() and all() are plain calls here, and
// `object.?spec` is a call whose second argument is the field's name.
func beyondSpec(e ast.Expr) bool {
	switch e.Kind() {
	case ast.IdentKind:
		return isObject(e)
	case ast.SelectKind:
		s := e.AsSelect()
		if isObject(s.Operand()) {
			return s.FieldName() != "spec"
		}
		return beyondSpec(s.Operand())
	case ast.CallKind:
		c := e.AsCall()
		if c.FunctionName() == "_?._" && isObject(c.Args()[0]) {
			return c.Args()[1].AsLiteral().Value() != "spec"
		}
		if c.IsMemberFunction() && beyondSpec(c.Target()) {
			return true
		}
		return anyExpr(c.Args())
	case ast.ListKind:
		return anyExpr(e.AsList().Elements())
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			if beyondSpec(entry.AsMapEntry().Key()) || beyondSpec(entry.AsMapEntry().Value()) {
				return true
			}
		}
	case ast.StructKind:
		for _, field := range e.AsStruct().Fields() {
			if beyondSpec(field.AsStructField().Value()) {
				return true
			}
		}
	case ast.LiteralKind, ast.ComprehensionKind, ast.UnspecifiedExprKind:
		// Nothing to look into; without macros there are no comprehensions.
	}
	return false
}

func anyExpr(list []ast.Expr) bool {
	for _, e := range list {
		if beyondSpec(e) {
			return true
		}
	}
	return false
}

func isObject(e ast.Expr) bool {
	return e.Kind() == ast.IdentKind && (e.AsIdent() == "object" || e.AsIdent() == "oldObject")
}
