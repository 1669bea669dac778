package kyverno

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
)

// call looks for Kyverno's words in a call: its name, its target and its
// arguments, in which a macro's variables are bound.
func (w celWords) call(c ast.CallExpr, bound []string) string {
	if !c.IsMemberFunction() {
		name := strings.TrimPrefix(c.FunctionName(), ".")
		if w.calls[name] {
			return name
		}
		return w.first(c.Args(), bound)
	}
	if word := w.root(c.Target(), c.FunctionName(), bound); word != "" {
		return word
	}
	if word := w.find(c.Target(), bound); word != "" {
		return word
	}
	return w.first(c.Args(), append(slices.Clip(bound), w.variables(c)...))
}

// variables gives the names that a macro binds: its first arguments, while
// they are plain identifiers and others follow.
func (w celWords) variables(c ast.CallExpr) []string {
	var out []string
	args := c.Args()
	for len(out) < w.macros[c.FunctionName()] && len(out) < len(args)-1 {
		name := identifier(args[len(out)])
		if name == "" {
			break
		}
		out = append(out, name)
	}
	return out
}

// identifier gives e's name where e is one, else "".
func identifier(e ast.Expr) string {
	if e.Kind() != ast.IdentKind {
		return ""
	}
	return strings.TrimPrefix(e.AsIdent(), ".")
}
