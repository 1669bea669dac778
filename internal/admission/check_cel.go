package admission

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"
)

// versionCompiler compiles what is written to an API server of one version.
type versionCompiler struct {
	version string // of Kubernetes
	env     *environment.EnvSet
	plain   cel.Compiler // without variables: it has no state, so all policies share it
}

func newCompiler(kubernetes string) (versionCompiler, error) {
	at, err := environmentVersion(kubernetes)
	if err != nil {
		return versionCompiler{}, err
	}
	env := environment.MustBaseEnvSet(at)
	return versionCompiler{kubernetes, env, cel.NewCompiler(env)}, nil
}

// takesPattern says whether a literal compiles as a regular expression.
func (c versionCompiler) takesPattern(literal string) bool {
	tried := &validating.ValidationCondition{Expression: "''.matches(" + literal + ")"}
	return c.plain.CompileCELExpression(tried, cel.OptionalVariableDeclarations{}, environment.NewExpressions).Error == nil
}

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
// Empty ones are left out; they are against a limit already.
func (c versionCompiler) compile(spec admissionregistrationv1.ValidatingAdmissionPolicySpec) []compileError {
	r := &compileRun{hasParams: spec.ParamKind != nil}
	for i, m := range spec.MatchConditions {
		m.Expression = strings.TrimSpace(m.Expression)
		// Match conditions run before the variables are there.
		r.add(c.plain, true, (*matchconditions.MatchCondition)(&m), "matchConditions[%d].expression", i)
	}
	compiler := c.plain
	if len(spec.Variables) > 0 {
		composited, err := cel.NewCompositedCompiler(c.env)
		if err != nil {
			return append(r.errs, compileError{"spec.variables", err.Error()})
		}
		compiler = composited
		r.addVariables(composited, spec.Variables)
	}
	for i, v := range spec.Validations {
		r.add(compiler, true, &validating.ValidationCondition{Expression: v.Expression}, "validations[%d].expression", i)
		// A message may not depend on who may do what.
		r.add(compiler, false, &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression},
			"validations[%d].messageExpression", i)
	}
	for i, a := range spec.AuditAnnotations {
		r.add(compiler, true, &validating.AuditAnnotationCondition{ValueExpression: strings.TrimSpace(a.ValueExpression)},
			"auditAnnotations[%d].valueExpression", i)
	}
	return r.errs
}

// compileRun collects what does not compile in a policy.
type compileRun struct {
	hasParams bool
	errs      []compileError
}

func (r *compileRun) add(compiler cel.Compiler, authorizer bool, e cel.ExpressionAccessor, field string, i int) {
	if strings.TrimSpace(e.GetExpression()) == "" {
		return
	}
	declared := cel.OptionalVariableDeclarations{HasParams: r.hasParams, HasAuthorizer: authorizer}
	r.take(compiler.CompileCELExpression(e, declared, environment.NewExpressions), field, i)
}

// addVariables compiles variables in their order. Each exists for those after
// it only, so none can look ahead.
func (r *compileRun) addVariables(compiler *cel.CompositedCompiler, variables []admissionregistrationv1.Variable) {
	declared := cel.OptionalVariableDeclarations{HasParams: r.hasParams, HasAuthorizer: true}
	for i, v := range variables {
		if strings.TrimSpace(v.Expression) == "" {
			continue
		}
		variable := &validating.Variable{Name: v.Name, Expression: v.Expression}
		r.take(compiler.CompileAndStoreVariable(variable, declared, environment.NewExpressions), "variables[%d].expression", i)
	}
}

func (r *compileRun) take(result cel.CompilationResult, field string, i int) {
	if result.Error != nil {
		r.errs = append(r.errs, compileError{"spec." + fmt.Sprintf(field, i), celDetail(result.Error.Detail)})
	}
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
