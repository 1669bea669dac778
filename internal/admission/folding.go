package admission

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/parser"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
)

// Most of what a folding remembers, in entries. A chart has a few hundred
// expressions, of which a cluster changes some ten.
const (
	mostExpressions = 512
	mostFolded      = 8192
)

// folding folds policies, and remembers what it has parsed and folded.
type folding struct {
	guard  sync.Mutex
	parsed map[digest]*expression // nil for what does not parse
	made   map[digest]piece
}

// piece is an expression as it is in one namespace.
type piece struct {
	text  string
	key   digest
	bound bool
	value any // nil unless it is constant
}

func newFolding() *folding {
	return &folding{parsed: map[digest]*expression{}, made: map[digest]piece{}}
}

// unfolded is a policy with its bindings and all that folding needs to know of it.
type unfolded struct {
	hook
	foldable                                        bool
	bound                                           bool   // labels of the namespace select what it is about
	rest                                            digest // of what is no expression
	conditions, variables, validations, annotations []*expression
	messages                                        []*expression // nil for none
	named                                           []*expression // of these but messages and annotations, those that read request.namespace
}

// prepare parses a policy. One with parameters is not folded, nor is one whose
// expressions are so long that what folding saves would count in their cost.
func (f *folding) prepare(h hook, customKinds bool) unfolded {
	spec, size := &h.policy.Spec, 0
	u := unfolded{hook: h, foldable: spec.ParamKind == nil && !customKinds, bound: selects(spec.MatchConstraints)}
	parse := func(text string) *expression {
		e := f.expression(text)
		size += len(text)
		u.foldable = u.foldable && e != nil
		return e
	}
	for _, c := range spec.MatchConditions {
		e := parse(c.Expression)
		u.conditions = append(u.conditions, e)
		u.foldable = u.foldable && e != nil && !e.loops // nobody meters these
	}
	for _, v := range spec.Variables {
		u.variables = append(u.variables, parse(v.Expression))
	}
	for _, v := range spec.Validations {
		u.validations = append(u.validations, parse(v.Expression))
		var message *expression
		if v.MessageExpression != "" {
			message = parse(v.MessageExpression)
		}
		u.messages = append(u.messages, message)
	}
	for _, a := range spec.AuditAnnotations {
		u.annotations = append(u.annotations, parse(a.ValueExpression))
	}
	for _, e := range slices.Concat(u.conditions, u.variables, u.validations) {
		if e != nil && e.byName {
			u.named = append(u.named, e)
		}
	}
	const long = 200_000
	u.foldable = u.foldable && size < long
	for _, b := range h.bindings {
		u.bound = u.bound || selects(b.Spec.MatchResources)
	}
	rest, err := rest(h)
	u.rest, u.foldable = rest, u.foldable && err == nil
	return u
}

// rest gives a digest of all in a policy and its bindings that folding does not
// change and a denial depends on.
func rest(h hook) (digest, error) {
	spec := &h.policy.Spec
	parts := []any{h.policy.Name, spec.FailurePolicy, spec.MatchConstraints}
	for _, v := range spec.Validations {
		words := v.Message
		if words == "" {
			words = "failed expression: " + v.Expression
		}
		parts = append(parts, words, v.Reason)
	}
	for _, v := range spec.Variables {
		parts = append(parts, v.Name)
	}
	for _, a := range spec.AuditAnnotations {
		parts = append(parts, a.Key)
	}
	for _, b := range h.bindings {
		parts = append(parts, b.Name, b.Spec)
	}
	data, err := json.Marshal(parts)
	return digestOf(string(data)), err
}

// expression gives an expression parsed; nil if it does not parse.
func (f *folding) expression(text string) *expression {
	key := digestOf(text)
	f.guard.Lock()
	e, ok := f.parsed[key]
	f.guard.Unlock()
	if ok {
		return e
	}
	e, ok = newExpression(text)
	if !ok {
		e = nil
	}
	f.guard.Lock()
	defer f.guard.Unlock()
	if len(f.parsed) >= mostExpressions {
		clear(f.parsed)
	}
	f.parsed[key] = e
	return e
}

// folded is a policy as it is in one namespace.
type folded struct {
	key   digest
	bound bool
	never bool // a match condition is false there
	// silent are messages in which the longest name stands for that of the
	// namespace, and quiet says that only messages tell the namespace.
	silent []piece
	quiet  bool

	conditions, variables, validations, messages []piece
}

// in folds a policy for a namespace.
func (f *folding) in(namespace string, u unfolded, known *patterns) folded {
	at := folder{namespace: namespace, variables: map[string]any{}, patterns: known}
	out := folded{bound: u.bound}
	texts := []string{string(u.rest[:])}
	take := func(purpose string, to *[]piece, p piece) {
		out.bound = out.bound || p.bound
		texts = append(texts, purpose, string(p.key[:]))
		*to = append(*to, p)
	}
	for _, c := range u.conditions {
		p := f.piece(at, c)
		if p.value == false {
			out.never = true
		}
		take("condition", &out.conditions, p)
	}
	if out.never {
		return folded{never: true, key: digestOf("never")}
	}
	for i, v := range u.variables {
		p := f.piece(at, v)
		if p.value != nil {
			at.variables[u.policy.Spec.Variables[i].Name] = p.value
		}
		take("variable", &out.variables, p)
	}
	for i, v := range u.validations {
		p := f.piece(at, v)
		take("validation", &out.validations, p)
		var message, silent piece
		if m := u.messages[i]; m != nil {
			message, silent = unchanged(m), f.unread(m)
		}
		if p.value == true { // nobody reads it
			message = silent
		}
		out.messages, out.silent = append(out.messages, message), append(out.silent, silent)
	}
	for _, a := range u.annotations {
		var kept []piece
		take("annotation", &kept, unchanged(a))
	}
	speaks, mute := false, true
	for i, m := range out.messages {
		texts = append(texts, "message", string(m.key[:]))
		speaks = speaks || m.bound
		mute = mute && !out.silent[i].bound
	}
	out.quiet = !out.bound && speaks && mute
	out.bound = out.bound || speaks
	out.key = digestOf(texts...)
	return out
}

// silenced gives a policy that is quiet with its silent messages: it refuses the
// same, in words that are not to be used.
func (f folded) silenced() folded {
	f.messages = f.silent
	return f
}

func unchanged(e *expression) piece { return piece{text: e.text, key: e.key, bound: e.bound} }

// piece folds an expression, or finds out that it was folded before.
func (f *folding) piece(at folder, e *expression) piece {
	from := []string{string(e.key[:])}
	if e.byName {
		from = append(from, "in "+at.namespace)
	}
	for _, name := range e.reads {
		if value, ok := at.variables[name]; ok {
			from = append(from, name, fmt.Sprintf("%T %q", value, value))
		}
	}
	if !e.foldable {
		return unchanged(e)
	}
	return f.remembered(digestOf(from...), func() piece {
		if value, ok := at.value(e.root); ok {
			return written(literal(0, value), e.info, e, value)
		}
		root := ast.NewExprFactory().CopyExpr(e.root)
		if !at.fold(root) {
			return unchanged(e)
		}
		return written(root, e.info, e, nil)
	})
}

// remembered gives the piece of a key, made if there is none.
func (f *folding) remembered(key digest, fold func() piece) piece {
	f.guard.Lock()
	p, ok := f.made[key]
	f.guard.Unlock()
	if ok {
		return p
	}
	p = fold()
	f.guard.Lock()
	defer f.guard.Unlock()
	if len(f.made) >= mostFolded {
		clear(f.made)
	}
	f.made[key] = p
	return p
}

// unread is a message that nobody will read, so that the longest name a namespace
// can have will do in it. It is evaluated all the same, since one that costs too
// much is an error.
func (f *folding) unread(e *expression) piece {
	if !e.byName || !e.foldable {
		return unchanged(e)
	}
	return f.remembered(digestOf("unread", string(e.key[:])), func() piece {
		const longest = 63 // letters
		root, asked := ast.NewExprFactory().CopyExpr(e.root), false
		var places []ast.Expr
		ast.PreOrderVisit(root, ast.NewExprVisitor(func(x ast.Expr) {
			switch {
			case isNamespace(x):
				places = append(places, x)
			case x.Kind() == ast.CallKind && x.AsCall().FunctionName() == "has":
				asked = asked || slices.ContainsFunc(x.AsCall().Args(), isNamespace)
			}
		}))
		for _, x := range places {
			x.SetKindCase(ast.NewExprFactory().NewLiteral(x.ID(), types.String(strings.Repeat("x", longest))))
		}
		if asked { // has() takes no literal
			return unchanged(e)
		}
		return written(root, e.info, e, nil)
	})
}

// written writes a folded expression.
func written(root ast.Expr, info *ast.SourceInfo, from *expression, value any) piece {
	text, err := parser.Unparse(root, info)
	if err != nil {
		return unchanged(from)
	}
	return piece{text: text, key: digestOf(text), bound: bound(root), value: value}
}

// folded makes the hook of a folded policy.
func (u unfolded) folded(f folded) hook {
	policy := u.policy.DeepCopy()
	spec := &policy.Spec
	var conditions []admissionregistrationv1.MatchCondition
	for i, c := range spec.MatchConditions {
		if c.Expression = f.conditions[i].text; f.conditions[i].value != true {
			conditions = append(conditions, c)
		}
	}
	spec.MatchConditions = conditions
	for i := range spec.Variables {
		spec.Variables[i].Expression = f.variables[i].text
	}
	for i := range spec.Validations {
		v := &spec.Validations[i]
		if v.Message == "" { // the words of the API server where there are none
			v.Message = "failed expression: " + strings.TrimSpace(v.Expression)
		}
		v.Expression, v.MessageExpression = f.validations[i].text, f.messages[i].text
	}
	h := u.hook
	h.policy = policy
	h.validator = sync.OnceValue(func() validating.Validator { return u.compiler.validator(policy) })
	return h
}
