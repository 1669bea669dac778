package admission

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	celgo "github.com/google/cel-go/cel"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"
)

// compileError is one expression that does not compile.
type compileError struct{ field, detail string }

// celFinding points at the line inside an expression that is written as a
// block of text.
func (s subject) celFinding(e compileError) *Finding {
	f := s.finding(e.field, e.detail)
	if m := regexp.MustCompile(`^(\d+):\d+: `).FindStringSubmatch(e.detail); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && s.source.at(e.field).block {
			f.Line += n
		}
	}
	return f
}

// compile compiles the expressions of a policy as the API's validation does.
// Empty ones are left out; they are against a limit already. What is known to
// compile is passed over; known may be nil.
func (c versionCompiler) compile(spec admissionregistrationv1.ValidatingAdmissionPolicySpec, known *knownTypes) []compileError {
	r := &compileRun{versionCompiler: c, known: known, hasParams: spec.ParamKind != nil}
	for i, m := range spec.MatchConditions {
		m.Expression = strings.TrimSpace(m.Expression)
		// Match conditions run before the variables are there.
		r.add(true, (*matchconditions.MatchCondition)(&m), "matchConditions[%d].expression", i)
	}
	if len(spec.Variables) > 0 {
		var err error
		if r.withVariables, err = c.take(); err != nil {
			return append(r.errs, compileError{"spec.variables", err.Error()})
		}
		defer c.putBack(r.withVariables)
	}
	// Each variable exists for those after it only, so none can look ahead.
	for i, v := range spec.Variables {
		if strings.TrimSpace(v.Expression) == "" {
			continue
		}
		r.declare(v.Name, r.add(true, &validating.Variable{Name: v.Name, Expression: v.Expression}, "variables[%d].expression", i))
	}
	for i, v := range spec.Validations {
		r.add(true, &validating.ValidationCondition{Expression: v.Expression}, "validations[%d].expression", i)
		// A message may not depend on who may do what.
		r.add(false, &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression},
			"validations[%d].messageExpression", i)
	}
	for i, a := range spec.AuditAnnotations {
		r.add(true, &validating.AuditAnnotationCondition{ValueExpression: strings.TrimSpace(a.ValueExpression)},
			"auditAnnotations[%d].valueExpression", i)
	}
	return r.errs
}

// compileRun collects what does not compile in a policy.
type compileRun struct {
	versionCompiler
	known         *knownTypes
	hasParams     bool
	withVariables *variableCompiler // nil before there are any
	declared      []string          // name and type of each variable
	errs          []compileError
}

// add compiles an expression and gives its type; nil where it does not compile.
func (r *compileRun) add(authorizer bool, e cel.ExpressionAccessor, field string, i int) *celgo.Type {
	if strings.TrimSpace(e.GetExpression()) == "" {
		return nil
	}
	key := r.key(authorizer, e)
	if known, ok := r.known.get(key); ok {
		return known
	}
	compiler := r.plain
	if r.withVariables != nil {
		compiler = r.withVariables
	}
	declarations := cel.OptionalVariableDeclarations{HasParams: r.hasParams, HasAuthorizer: authorizer}
	result := compiler.CompileCELExpression(e, declarations, environment.NewExpressions)
	if result.Error != nil {
		r.errs = append(r.errs, compileError{"spec." + fmt.Sprintf(field, i), celDetail(result.Error.Detail)})
		return nil
	}
	r.known.put(key, result.OutputType)
	return result.OutputType
}

// key is all that decides the type of an expression. A variable whose name is not
// in its text it cannot read.
func (r *compileRun) key(authorizer bool, e cel.ExpressionAccessor) digest {
	if r.known == nil {
		return digest{}
	}
	text := e.GetExpression()
	texts := []string{
		r.version, fmt.Sprint(e.ReturnTypes(), r.hasParams, authorizer, r.withVariables != nil), r.known.shapes.expression(text).text,
	}
	for i := 0; i < len(r.declared); i += 2 {
		if strings.Contains(text, r.declared[i]) {
			texts = append(texts, r.declared[i], r.declared[i+1])
		}
	}
	return digestOf(texts...)
}

func (r *compileRun) declare(name string, celType *celgo.Type) {
	r.withVariables.declare(name, celType)
	r.declared = append(r.declared, name, "no type")
	if celType != nil {
		r.declared[len(r.declared)-1] = celType.String()
	}
}

// knownTypes remembers the types of expressions that have compiled, by compileRun's
// keys. It may be used by several goroutines at once.
type knownTypes struct {
	shapes *shapes

	guard sync.Mutex
	types map[digest]*celgo.Type
}

func (k *knownTypes) get(key digest) (*celgo.Type, bool) {
	if k == nil {
		return nil, false
	}
	k.guard.Lock()
	defer k.guard.Unlock()
	t, ok := k.types[key]
	return t, ok
}

func (k *knownTypes) put(key digest, t *celgo.Type) {
	if k == nil {
		return
	}
	k.guard.Lock()
	defer k.guard.Unlock()
	if len(k.types) >= mostShapes {
		clear(k.types) // each can be had again
	}
	k.types[key] = t
}

// celDetail makes one line of the CEL compiler's message, which shows each
// error on three: `line:column: message`, joined by semicolons.
func celDetail(text string) string {
	re := regexp.MustCompile(`(?m)^(?:compilation failed: )?ERROR: <input>:(\d+:\d+: .*)$`)
	matches := re.FindAllStringSubmatch(text, -1)
	if matches == nil {
		return oneLine(text)
	}
	out := make([]string, 0, len(matches))
	for _, m := range matches {
		out = append(out, strings.TrimSuffix(strings.TrimSpace(m[1]), " (in container '')"))
	}
	return strings.Join(out, "; ")
}
