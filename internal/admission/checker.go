package admission

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	celgo "github.com/google/cel-go/cel"
	"golang.org/x/sync/errgroup"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

// Checker checks many sets of objects that are much alike, such as those of
// clusters of one chart. Compiling is most of the work. So it remembers what
// compiled, by the shape of a policy (see shapes) and of each expression, and
// compiles only what has another shape. What did not compile is compiled again each time, since its
// errors are about its own text. It may be used by several goroutines at once.
type Checker struct {
	shapes *shapes
	known  *knownTypes

	guard     sync.Mutex
	compilers map[string]func() (versionCompiler, error) // by version of Kubernetes
	compiled  map[digest]*attempt
}

// attempt is what came of compiling a policy of a shape.
type attempt struct {
	once   sync.Once
	passed bool
}

// NewChecker makes a checker that remembers nothing yet.
func NewChecker() *Checker {
	s := newShapes()
	return &Checker{
		shapes: s, known: &knownTypes{shapes: s, types: map[digest]*celgo.Type{}}, compilers: map[string]func() (versionCompiler, error){}, compiled: map[digest]*attempt{},
	}
}

// Check is Check of this package, with the same findings.
func (c *Checker) Check(objs *Objects, versions []string) ([]*Finding, error) {
	compilers, err := c.compilersOf(versions)
	if err != nil {
		return nil, err
	}
	// Every policy is compiled by itself, so all processors take part; the
	// findings stay in the order of the documents.
	byPolicy := make([][]*Finding, len(objs.Policies))
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range objs.Policies {
		work.Go(func() error {
			s := subject{"ValidatingAdmissionPolicy", p.Name, p.Source}
			byPolicy[i] = append(s.findings(policyLimits(p.ValidatingAdmissionPolicy)), c.compileFindings(s, compilers, p.Spec)...)
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(byPolicy...)
	for _, b := range objs.Bindings {
		s := subject{"ValidatingAdmissionPolicyBinding", b.Name, b.Source}
		all = append(all, s.findings(bindingLimits(b.ValidatingAdmissionPolicyBinding))...)
		all = append(all, s.findings(referenceLimits(b.Spec, objs.Policies))...)
	}
	for _, n := range objs.Namespaces {
		all = append(all, subject{"Namespace", n.Name, n.Source}.findings(namespaceLimits(n.Namespace))...)
	}
	for _, o := range objs.Others {
		all = append(all, subject{o.GetKind(), o.GetName(), o.Source}.findings(otherLimits(o.Unstructured))...)
	}
	return append(all, duplicates(objs)...), nil
}

// compilersOf gives the compiler of each version. To make one takes as long as to
// compile a policy, so they are kept.
func (c *Checker) compilersOf(versions []string) ([]versionCompiler, error) {
	var out []versionCompiler
	for _, v := range versions {
		c.guard.Lock()
		if c.compilers[v] == nil {
			c.compilers[v] = sync.OnceValues(func() (versionCompiler, error) { return newCompiler(v) })
		}
		made := c.compilers[v]
		c.guard.Unlock()
		compiler, err := made()
		if err != nil {
			return nil, err
		}
		out = append(out, compiler)
	}
	return out, nil
}

// compileFindings compiles every expression of a policy for every version. The
// same error in several versions is one finding.
func (c *Checker) compileFindings(s subject, compilers []versionCompiler, spec admissionregistrationv1.ValidatingAdmissionPolicySpec) []*Finding {
	var out []*Finding
	shape := c.shapes.of(&spec)
	for _, compiler := range compilers {
		for _, e := range c.compile(compiler, spec, shape) {
			i := slices.IndexFunc(out, func(f *Finding) bool { return f.Field == e.field && f.Detail == e.detail })
			if i < 0 {
				i = len(out)
				out = append(out, s.celFinding(e))
			}
			out[i].Versions = append(out[i].Versions, compiler.version)
		}
	}
	return out
}

// compile compiles a policy unless one of its shape has compiled, and all that
// the shape leaves out does.
func (c *Checker) compile(compiler versionCompiler, spec admissionregistrationv1.ValidatingAdmissionPolicySpec, shape shape) []compileError {
	for _, pattern := range shape.patterns {
		known := c.attempt(digestOf(compiler.version, "pattern", pattern))
		known.once.Do(func() { known.passed = compiler.takesPattern(pattern) })
		if !known.passed {
			return compiler.compile(spec, nil) // expressions are known without their patterns
		}
	}
	known := c.attempt(digestOf(compiler.version, "policy", fmt.Sprintf("%x", shape.key)))
	var errs []compileError
	mine := false
	known.once.Do(func() {
		mine, errs = true, compiler.compile(spec, c.known)
		known.passed = len(errs) == 0
	})
	if mine || known.passed {
		return errs
	}
	return compiler.compile(spec, c.known)
}

// attempt gives the attempt of a key, made if there is none. Who finds one under
// way waits for it.
func (c *Checker) attempt(key digest) *attempt {
	c.guard.Lock()
	defer c.guard.Unlock()
	if c.compiled[key] == nil {
		c.compiled[key] = &attempt{}
	}
	return c.compiled[key]
}
