package kyverno

import (
	"errors"
	"slices"
	"strings"

	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"

	"github.com/vapchart/vapchart/internal/cel"
	"github.com/vapchart/vapchart/internal/policy"
)

// celReader parses expressions and looks for what only Kyverno provides. It
// knows no types: compiling is done where the environment is known.
type celReader struct {
	words celWords
}

func newCELReader() (*celReader, error) {
	words, err := parseFunctions(functionsText)
	if err != nil {
		return nil, err
	}
	return &celReader{words}, nil
}

// check records each syntax error at its line in the file, or the first use of
// a word of Kyverno's at the line of the expression.
func (c *celReader) check(r *reading, t text, field string) {
	tree, err := cel.Parse(t.Value)
	var syntax *cel.SyntaxError
	switch {
	case errors.As(err, &syntax):
		for _, f := range syntax.Faults {
			r.errorf(r.lines.locate(t, offset(t.Value, f.Location)), "%s: %s", field, f.Message)
		}
		return
	case err != nil:
		r.errorf(t.Line, "%s: %s", field, err)
		return
	}
	if word := c.words.find(tree.Expr(), nil); word != "" {
		r.refuse(t.Line, policy.KyvernoFunction, "%s", word)
	}
}

// offset gives the byte at which a location (lines from 1, columns in
// characters from 0) stands.
func offset(text string, l common.Location) int {
	line, column, at := 1, 0, 0
	for i, c := range text {
		if line == l.Line() && column == l.Column() {
			return i
		}
		column++
		if c == '\n' {
			line, column = line+1, 0
		}
		at = i
	}
	return at
}

// find gives the first word of Kyverno's in an expression, or "". bound are
// the names of variables around it.
func (w celWords) find(e ast.Expr, bound []string) string {
	switch e.Kind() {
	case ast.IdentKind:
		return w.root(e, "", bound)
	case ast.SelectKind:
		sel := e.AsSelect()
		if word := w.root(sel.Operand(), sel.FieldName(), bound); word != "" {
			return word
		}
		return w.find(sel.Operand(), bound)
	case ast.CallKind:
		return w.call(e.AsCall(), bound)
	case ast.ListKind:
		return w.first(e.AsList().Elements(), bound)
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			m := entry.AsMapEntry()
			if word := w.first([]ast.Expr{m.Key(), m.Value()}, bound); word != "" {
				return word
			}
		}
	case ast.StructKind:
		for _, field := range e.AsStruct().Fields() {
			if word := w.find(field.AsStructField().Value(), bound); word != "" {
				return word
			}
		}
	}
	return ""
}

func (w celWords) first(list []ast.Expr, bound []string) string {
	for _, e := range list {
		if word := w.find(e, bound); word != "" {
			return word
		}
	}
	return ""
}

// root gives e, with the member that is taken of it, where e is an identifier
// of Kyverno's.
func (w celWords) root(e ast.Expr, member string, bound []string) string {
	name := identifier(e)
	if !w.roots[name] || slices.Contains(bound, name) {
		return ""
	}
	return strings.TrimSuffix(name+"."+member, ".")
}
