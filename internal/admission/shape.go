package admission

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"sync"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/vapchart/vapchart/internal/cel"
)

// digest is a SHA-256 digest.
type digest [sha256.Size]byte

// digestOf gives one digest of several texts; each counts with its length, so
// that none can run over into the next.
func digestOf(texts ...string) digest {
	hash := sha256.New()
	for _, text := range texts {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(text)))
		hash.Write(size[:])
		hash.Write([]byte(text))
	}
	return digest(hash.Sum(nil))
}

// shape is all of a policy that decides whether it compiles. What two policies of
// one shape differ in are string literals at which the compiler does not look,
// and patterns, which are to be tried by themselves.
type shape struct {
	key      digest
	patterns []string // regular expressions, each as a CEL literal
}

// mostShapes is how many expressions are remembered: a few hundred are those of a
// chart, and each cluster adds about ten.
const mostShapes = 4096

// shapes gives policies their shapes, and remembers those of expressions, by the
// digest of their text.
type shapes struct {
	guard sync.Mutex
	known map[digest]expressionShape
}

// expressionShape is the shape of an expression.
type expressionShape struct {
	text     string
	patterns []string
}

func newShapes() *shapes { return &shapes{known: map[digest]expressionShape{}} }

// of gives the shape of a policy: the text of every expression in its order, what
// it is for, and whether there are parameters.
func (s *shapes) of(spec *admissionregistrationv1.ValidatingAdmissionPolicySpec) shape {
	var out shape
	texts := []string{"no params"}
	if spec.ParamKind != nil {
		texts[0] = "params"
	}
	add := func(purpose, expression string) {
		e := s.expression(expression)
		texts = append(texts, purpose, e.text)
		out.patterns = append(out.patterns, e.patterns...)
	}
	for _, c := range spec.MatchConditions {
		add("condition", c.Expression)
	}
	for _, v := range spec.Variables {
		add("variable "+v.Name, v.Expression)
	}
	for _, v := range spec.Validations {
		add("validation", v.Expression)
		add("message", v.MessageExpression)
	}
	for _, a := range spec.AuditAnnotations {
		add("annotation", a.ValueExpression)
	}
	out.key = digestOf(texts...)
	return out
}

// expression gives the shape of an expression: itself, where there is nothing to
// blank.
func (s *shapes) expression(text string) expressionShape {
	// Blanked literals stand in calls of matches and in lists that are chosen
	// between, so most expressions need not be parsed. And in what is long the
	// compiler looks at the length.
	const long = 50_000
	if len(text) > long || !strings.Contains(text, "matches") && !strings.Contains(text, "?") {
		return expressionShape{text: text}
	}
	key := digestOf(text)
	s.guard.Lock()
	known, ok := s.known[key]
	s.guard.Unlock()
	if !ok {
		known = blanked(text)
		s.guard.Lock()
		if len(s.known) >= mostShapes {
			clear(s.known) // each can be had again
		}
		s.known[key] = known
		s.guard.Unlock()
	}
	return known
}

// blanked blanks the literals of an expression at which the compiler does not
// look: strings that are looked for in a list, and those in lists of nothing but
// strings that are searched, joined or chosen between. A pattern of matches is
// blanked and given beside. The number of a list's elements stays.
func blanked(text string) expressionShape {
	same := expressionShape{text: text}
	parsed, err := cel.Parse(text)
	if err != nil {
		return same
	}
	var blanks []ast.Expr
	var patterns []string
	cel.Walk(parsed, func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		call := e.AsCall()
		switch args := call.Args(); call.FunctionName() {
		case operators.In, operators.Conditional, operators.Add:
			for i, a := range args {
				if call.FunctionName() == operators.In && i == 0 && isText(a) {
					blanks = append(blanks, a)
				}
				blanks = append(blanks, textsOf(a)...)
			}
		case "matches":
			if call.IsMemberFunction() && len(args) == 1 && isText(args[0]) {
				pattern, err := cel.Write(parsed, args[0])
				if err == nil {
					blanks, patterns = append(blanks, args[0]), append(patterns, pattern)
				}
			}
		}
	})
	if len(blanks) == 0 {
		return same
	}
	fac := ast.NewExprFactory()
	for _, e := range blanks {
		e.SetKindCase(fac.NewLiteral(e.ID(), types.String("")))
	}
	blank, err := cel.Write(parsed, parsed.Expr())
	if err != nil {
		return same
	}
	return expressionShape{text: "blanked " + blank, patterns: patterns}
}

// textsOf gives the elements of a list of nothing but string literals.
func textsOf(e ast.Expr) []ast.Expr {
	if e.Kind() != ast.ListKind || len(e.AsList().OptionalIndices()) > 0 {
		return nil
	}
	for _, element := range e.AsList().Elements() {
		if !isText(element) {
			return nil
		}
	}
	return e.AsList().Elements()
}

// isText says whether an expression is a string literal.
func isText(e ast.Expr) bool {
	if e.Kind() != ast.LiteralKind {
		return false
	}
	_, ok := e.AsLiteral().(types.String)
	return ok
}
