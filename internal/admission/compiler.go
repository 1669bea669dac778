package admission

import (
	"fmt"
	"strings"
	"sync"

	"k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// compiler compiles the expressions of a judge's policies. The API server makes
// CEL's environment anew for every policy, which takes longer than to compile the
// policy. All that differs is the type of `variables`, so here one environment
// serves all, and an expression that several policies have is compiled once.
// It may be used by several goroutines at once.
type compiler struct {
	shared func() (*environments, error)

	guard sync.Mutex // of all below, and of the environments
	known map[digest]cel.CompilationResult
}

// environments are the environments of stored expressions.
type environments struct {
	base     *environment.EnvSet
	compiler cel.Compiler
	// variables is the type of `variables`. Its fields are those of the policy that
	// is being compiled.
	variables *apiservercel.DeclType
}

func newEnvironments() (*environments, error) {
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	v, err := newVariableCompiler(base)
	if err != nil {
		return nil, err
	}
	return &environments{base, v.Compiler, v.variables}, nil
}

// variablesType is what the API server calls the type of `variables`
// (admission/plugin/cel/composition.go).
const variablesType = "kubernetes.variables"

func newCompilerOf() *compiler {
	return &compiler{shared: sync.OnceValues(newEnvironments), known: map[digest]cel.CompilationResult{}}
}

// scope compiles the expressions of one policy.
type scope struct {
	*compiler
	fields map[string]*apiservercel.DeclField // of `variables`; nil where there are none
	before []string                           // names and expressions of the variables so far
}

// CompileCELExpression implements cel.Compiler. What an expression means depends
// on the variables before it only if it has the word.
func (s *scope) CompileCELExpression(e cel.ExpressionAccessor, declared cel.OptionalVariableDeclarations, mode environment.Type) cel.CompilationResult {
	texts := []string{fmt.Sprint(declared, mode, e.ReturnTypes()), e.GetExpression()}
	if readsVariables(e.GetExpression()) {
		texts = append(texts, s.before...)
	}
	key := digestOf(texts...)
	shared, err := s.shared()
	if err != nil {
		return cel.CompilationResult{Error: &apiservercel.Error{Type: apiservercel.ErrorTypeInternal, Detail: err.Error()}, ExpressionAccessor: e}
	}
	s.guard.Lock()
	defer s.guard.Unlock()
	result, ok := s.known[key]
	if !ok {
		shared.variables.Fields = s.fields
		result = shared.compiler.CompileCELExpression(e, declared, mode)
		s.known[key] = result
	}
	result.ExpressionAccessor = e // that of this policy, with its message
	return result
}

// CompileCondition implements cel.ConditionCompiler.
func (s *scope) CompileCondition(expressions []cel.ExpressionAccessor, declared cel.OptionalVariableDeclarations, mode environment.Type) cel.ConditionEvaluator {
	results := make([]cel.CompilationResult, len(expressions))
	for i, e := range expressions {
		if e != nil { // a gap, see messageExpressions
			results[i] = s.CompileCELExpression(e, declared, mode)
		}
	}
	return cel.NewCondition(results)
}

// composed gives the API server's compiler of a policy with variables, but one that
// compiles in this scope.
func (s *scope) composed() (*cel.CompositedCompiler, error) {
	shared, err := s.shared()
	if err != nil {
		return nil, err
	}
	c, err := cel.NewCompositedCompilerForTypeChecking(shared.base)
	if err != nil {
		return nil, err
	}
	env, err := c.Env(environment.StoredExpressions)
	if err != nil {
		return nil, err
	}
	types, _ := env.CELTypeProvider().(*apiservercel.DeclTypeProvider)
	variables, ok := types.FindDeclType(variablesType)
	if !ok {
		return nil, fmt.Errorf("compile policy: no type %s", variablesType)
	}
	s.fields = variables.Fields
	c.Compiler, c.ConditionCompiler = s, s
	return c, nil
}

// readsVariables says whether an expression may read variables.
func readsVariables(expression string) bool { return strings.Contains(expression, cel.VariableVarName) }
