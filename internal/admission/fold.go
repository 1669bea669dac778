package admission

import (
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// folder knows what is constant in one namespace: its name, and the variables
// that follow from it. It understands the few functions by which policies choose
// by namespace, as CEL defines them, and leaves all else as it is.
type folder struct {
	namespace string
	variables map[string]any // bool, int64, string or []string
	patterns  *patterns
}

// patterns are compiled regular expressions, by their text.
type patterns struct{ known sync.Map }

func (p *patterns) match(pattern, text string) (matches, ok bool) {
	known, ok := p.known.Load(pattern)
	if !ok {
		compiled, err := regexp.Compile(pattern) // as cel-go does
		if err != nil {
			return false, false
		}
		known, _ = p.known.LoadOrStore(pattern, compiled)
	}
	re, ok := known.(*regexp.Regexp)
	return ok && re.MatchString(text), ok
}

// fold puts literals in place of the calls that are constant, each as large as
// can be, and says whether there were any. It does not look into loops: what is
// saved there is saved many times over, and would count in the cost.
func (f folder) fold(e ast.Expr) (changed bool) {
	if e.Kind() == ast.CallKind {
		if value, ok := f.value(e); ok {
			e.SetKindCase(literal(e.ID(), value))
			return true
		}
		if loops(e.AsCall()) {
			return false
		}
	}
	for _, child := range children(e) {
		changed = f.fold(child) || changed
	}
	return changed
}

// value evaluates an expression that is constant; it is nil if it is not.
func (f folder) value(e ast.Expr) (any, bool) {
	switch e.Kind() {
	case ast.LiteralKind:
		switch v := e.AsLiteral().(type) {
		case types.Bool:
			return bool(v), true
		case types.Int:
			return int64(v), true
		case types.String:
			return string(v), true
		}
	case ast.SelectKind:
		s := e.AsSelect()
		switch {
		case isNamespace(e):
			return f.namespace, true
		case isIdent(s.Operand(), "variables"):
			value, ok := f.variables[s.FieldName()]
			return value, ok
		}
	case ast.ListKind:
		return f.list(e.AsList())
	case ast.CallKind:
		if value, ok := f.call(e.AsCall()); ok {
			return value, true
		}
	}
	return nil, false
}

func (f folder) list(list ast.ListExpr) (any, bool) {
	out := make([]string, 0, list.Size())
	for _, element := range list.Elements() {
		value, _ := f.value(element)
		text, ok := value.(string)
		if !ok || len(list.OptionalIndices()) > 0 {
			return nil, false
		}
		out = append(out, text)
	}
	return out, true
}

func (f folder) call(c ast.CallExpr) (any, bool) {
	args := c.Args()
	if c.IsMemberFunction() {
		args = append([]ast.Expr{c.Target()}, args...)
	}
	if c.FunctionName() == operators.Conditional {
		condition, _ := f.value(args[0])
		switch condition {
		case true:
			return f.value(args[1])
		case false:
			return f.value(args[2])
		}
		return nil, false
	}
	values := make([]any, len(args))
	for i, a := range args {
		values[i], _ = f.value(a)
	}
	switch absorbs := c.FunctionName() == operators.LogicalOr; {
	case c.FunctionName() != operators.LogicalOr && c.FunctionName() != operators.LogicalAnd:
		if slices.Contains(values, nil) {
			return nil, false
		}
		return f.apply(c.FunctionName(), c.IsMemberFunction(), values)
	case slices.Contains(values, any(absorbs)): // whatever the other is, even an error
		return absorbs, true
	default:
		return !absorbs, !slices.ContainsFunc(values, func(v any) bool { return v != any(!absorbs) })
	}
}

// apply applies a function to constants.
func (f folder) apply(function string, member bool, args []any) (any, bool) {
	if len(args) == 1 {
		switch v := args[0].(type) {
		case bool:
			return !v, function == operators.LogicalNot
		case string:
			return int64(utf8.RuneCountInString(v)), function == "size"
		case []string:
			return int64(len(v)), function == "size"
		}
		return nil, false
	}
	if len(args) != 2 {
		return nil, false
	}
	switch a := args[0].(type) {
	case string:
		if list, ok := args[1].([]string); ok {
			return slices.Contains(list, a), function == operators.In
		}
		if b, ok := args[1].(string); ok {
			return f.ofTexts(function, member, a, b)
		}
	case []string:
		if b, ok := args[1].([]string); ok {
			return slices.Concat(a, b), function == operators.Add
		}
	case int64:
		if b, ok := args[1].(int64); ok {
			return ofNumbers(function, a, b)
		}
	}
	return nil, false
}

func (f folder) ofTexts(function string, member bool, a, b string) (any, bool) {
	switch function {
	case operators.Equals:
		return a == b, true
	case operators.NotEquals:
		return a != b, true
	case operators.Add:
		return a + b, true
	case "matches":
		matches, ok := f.patterns.match(b, a)
		return matches, ok && member
	}
	return nil, false
}

func ofNumbers(function string, a, b int64) (any, bool) {
	switch function {
	case operators.Equals:
		return a == b, true
	case operators.NotEquals:
		return a != b, true
	case operators.Greater:
		return a > b, true
	case operators.GreaterEquals:
		return a >= b, true
	case operators.Less:
		return a < b, true
	case operators.LessEquals:
		return a <= b, true
	}
	return nil, false
}

// literal gives a value of a folder as an expression.
func literal(id int64, value any) ast.Expr {
	fac := ast.NewExprFactory()
	of := func(v ref.Val) ast.Expr { return fac.NewLiteral(id, v) }
	switch v := value.(type) {
	case bool:
		return of(types.Bool(v))
	case int64:
		return of(types.Int(v))
	case string:
		return of(types.String(v))
	case []string:
		list := make([]ast.Expr, len(v))
		for i, text := range v {
			list[i] = of(types.String(text))
		}
		return fac.NewList(id, list, nil)
	}
	return fac.NewUnspecifiedExpr(id)
}
