package admission

import (
	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/traits"
	utilversion "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// versionCompiler compiles what is written to an API server of one version. It may
// be used by several goroutines at once.
type versionCompiler struct {
	version string // of Kubernetes
	env     *environment.EnvSet
	plain   cel.Compiler // without variables: it has no state, so all policies share it
	free    chan *variableCompiler
}

func newCompiler(kubernetes string) (versionCompiler, error) {
	at, err := environmentVersion(kubernetes)
	if err != nil {
		return versionCompiler{}, err
	}
	env := environment.MustBaseEnvSet(at)
	const mostKept = 64 // more goroutines than these make a compiler each time
	return versionCompiler{kubernetes, env, cel.NewCompiler(env), make(chan *variableCompiler, mostKept)}, nil
}

// takesPattern says whether a literal compiles as a regular expression.
func (c versionCompiler) takesPattern(literal string) bool {
	tried := &validating.ValidationCondition{Expression: "''.matches(" + literal + ")"}
	return c.plain.CompileCELExpression(tried, cel.OptionalVariableDeclarations{}, environment.NewExpressions).Error == nil
}

// take gives a compiler without variables in it, for one goroutine until it is put
// back.
func (c versionCompiler) take() (*variableCompiler, error) {
	select {
	case v := <-c.free:
		return v, nil
	default:
		return newVariableCompiler(c.env)
	}
}

func (c versionCompiler) putBack(v *variableCompiler) {
	clear(v.variables.Fields)
	select {
	case c.free <- v:
	default:
	}
}

// variableCompiler compiles expressions that read variables, as CompositedCompiler
// of k8s.io/apiserver/pkg/admission/plugin/cel does. That one is made anew for each
// policy, since variables cannot be taken out of it, and to make one takes longer
// than to compile a policy. Of this one the variables can be taken out.
type variableCompiler struct {
	cel.Compiler
	variables *apiservercel.DeclType // the fields are those of the policy in hand
}

func newVariableCompiler(env *environment.EnvSet) (*variableCompiler, error) {
	variables := apiservercel.NewObjectType(variablesType, map[string]*apiservercel.DeclField{})
	extended, err := env.Extend(environment.VersionedOptions{
		IntroducedVersion: utilversion.MajorMinor(1, 0),
		EnvOptions:        []celgo.EnvOption{celgo.Variable(cel.VariableVarName, variables.CelType())},
		DeclTypes:         []*apiservercel.DeclType{variables},
	})
	if err != nil {
		return nil, err
	}
	return &variableCompiler{cel.NewCompiler(extended), variables}, nil
}

// declare makes a variable known to the expressions after it. One that did not
// compile has no type.
func (c *variableCompiler) declare(name string, celType *celgo.Type) {
	c.variables.Fields[name] = apiservercel.NewDeclField(name, declared(celType), true, nil, nil)
}

// declared gives the type that a variable of a CEL type is declared with
// (convertCelTypeToDeclType of k8s.io/apiserver/pkg/admission/plugin/cel).
func declared(t *celgo.Type) *apiservercel.DeclType {
	simple := map[*celgo.Type]*apiservercel.DeclType{
		celgo.AnyType: apiservercel.AnyType, celgo.BoolType: apiservercel.BoolType, celgo.BytesType: apiservercel.BytesType,
		celgo.DoubleType: apiservercel.DoubleType, celgo.DurationType: apiservercel.DurationType, celgo.IntType: apiservercel.IntType,
		celgo.NullType: apiservercel.NullType, celgo.StringType: apiservercel.StringType,
		celgo.TimestampType: apiservercel.TimestampType, celgo.UintType: apiservercel.UintType,
	}
	if same, ok := simple[t]; ok {
		return same
	}
	if t != nil && t.HasTrait(traits.ContainerType) && t.HasTrait(traits.IndexerType) {
		switch of := t.Parameters(); len(of) {
		case 1:
			return apiservercel.NewListType(declared(of[0]), -1)
		case 2:
			return apiservercel.NewMapType(declared(of[0]), declared(of[1]), -1)
		}
	}
	return apiservercel.DynType
}
