package exception

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"

	"github.com/vapchart/vapchart/internal/cel"
)

// reads gives the variables that an expression uses, and what it reads of the
// request beside those parts of the pod that every template of a pod has too.
func reads(text string) (variables, roots []string, err error) {
	tree, err := cel.Parse(text)
	if err != nil {
		return nil, nil, err
	}
	visit(tree.Expr(), func(root, field string, _ ast.Expr) {
		switch root + "." + field {
		case "object.spec", "object.metadata", "request.namespace":
			return
		}
		switch root {
		case "variables":
			variables = append(variables, field)
		case "object", "oldObject", "request", "params", "namespaceObject", "authorizer":
			roots = append(roots, strings.TrimSuffix(root+"."+field, "."))
		}
	})
	return variables, roots, nil
}

// endsWithNote says whether an expression is a sum whose last part is the note.
func endsWithNote(text string) bool {
	tree, err := cel.Parse(text)
	if err != nil || tree.Expr().Kind() != ast.CallKind {
		return false
	}
	c := tree.Expr().AsCall()
	if c.FunctionName() != operators.Add || c.Args()[1].Kind() != ast.SelectKind {
		return false
	}
	last := c.Args()[1].AsSelect()
	return last.FieldName() == NoteVariable && last.Operand().Kind() == ast.IdentKind && last.Operand().AsIdent() == "variables"
}

// rename gives the expression with other names for its variables.
func rename(text string, names map[string]string) (string, error) {
	tree, err := cel.Parse(text)
	if err != nil {
		return "", err
	}
	factory := ast.NewExprFactory()
	visit(tree.Expr(), func(root, field string, e ast.Expr) {
		if to, ok := names[field]; ok && root == "variables" && e.Kind() == ast.SelectKind {
			operand := factory.CopyExpr(e.AsSelect().Operand())
			e.SetKindCase(factory.NewSelect(e.ID(), operand, to))
		}
	})
	out, err := cel.Write(tree, tree.Expr())
	if err != nil {
		return "", fmt.Errorf("write cel: %w", err)
	}
	return out, nil
}

// visit calls found for every identifier at the root of a path, with the first
// field that is taken of it, or "".
func visit(e ast.Expr, found func(root, field string, e ast.Expr)) {
	switch e.Kind() {
	case ast.IdentKind:
		found(e.AsIdent(), "", e)
	case ast.SelectKind:
		s := e.AsSelect()
		if s.Operand().Kind() == ast.IdentKind {
			found(s.Operand().AsIdent(), s.FieldName(), e)
			return
		}
		visit(s.Operand(), found)
	case ast.CallKind:
		visitCall(e.AsCall(), found)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			visit(element, found)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			visit(entry.AsMapEntry().Key(), found)
			visit(entry.AsMapEntry().Value(), found)
		}
	}
}

func visitCall(c ast.CallExpr, found func(root, field string, e ast.Expr)) {
	if c.IsMemberFunction() {
		visit(c.Target(), found)
	}
	for _, a := range c.Args() {
		visit(a, found)
	}
}
