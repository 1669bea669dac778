// Package chainsaw owns the Chainsaw tests of a chart (chainsaw.kyverno.io/v1alpha1):
// one for each rule and each exception, which an operator runs on a cluster where
// the whole chart is installed. A suite is either of the chart, in namespaces of its
// own, or of one cluster, in the namespaces that its values have.
//
// It takes pods and a judge, chooses the few pods that are telling, and writes down what
// the judge says of each, word for word. Out come files and what has no test. Errors are
// those of the judge, with the test.
package chainsaw

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	kruntime "k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/tree"
)

// Input is what a suite is made from.
type Input struct {
	Values     map[string]any // of the chart, complete: the operator's over its own
	Own        map[string]any // what Namespaces adds to them; nil to test in the namespaces of the values
	Kubernetes string         // minor version of the cluster, such as "1.33"
	Rules      []Rule
	Tries      []sample.ExceptionPod // pods that try the exceptions; not to be changed
	Ask        admission.Ask         // by the policies of the chart, with the values and what Own adds to them
	// PodSecurity names the namespaces of the values where Pod Security Admission
	// may refuse a pod before any policy is asked.
	PodSecurity []string
	License     []byte // of the library that samples with an origin are from
}

// Rule is a rule of the chart and the objects that may show what it does.
type Rule struct {
	Name     string
	Profile  policy.Profile
	Controls []policy.Control // that it enforces
	Samples  []Sample         // the most telling first
	// Siblings are the other rules that were made from the same policy: its
	// tests are about all of them.
	Siblings []string
}

// Sample is an object that may be created in a test.
type Sample struct {
	Name   string          // as "<control>/<step>", or its own
	Text   string          // what it is, such as "a pod with hostPID"
	Object kruntime.Object // a pod or what makes pods, typed; not to be changed

	// Origin is the file of an upstream test that it was taken from; empty for
	// a probe.
	Origin string
	// Plain says that it tells nothing of the rule. It is taken only where else
	// nothing would be admitted.
	Plain bool
	// Refused is what the standard says of a probe, or the upstream test of
	// its object. The judge may say otherwise, and then it is right.
	Refused bool
}

// Namespace is where objects are created.
type Namespace struct {
	Name   string
	Labels map[string]string // that it must have; nil where its name decides
}

// Result is the tests and what there is to tell about them.
type Result struct {
	Files                      tree.Tree // <test>/chainsaw-test.yaml, and values.yaml where Own is needed
	Rules, Exceptions, Samples int
	Missing                    []Missing // rules and exceptions without a test, by name
	Disagrees                  []Sample  // of upstream, whose own test expects something else than the judge says
}

// Missing is a rule or an exception that no test can be made for.
type Missing struct {
	Name, Why string
}

// Build makes all tests. The same input gives the same bytes.
func Build(ctx context.Context, in Input) (Result, error) {
	w, err := newWorld(in)
	if err != nil {
		return Result{}, err
	}
	exceptions := w.exceptionNames()
	made := make([]outcome, len(in.Rules)+len(exceptions))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i := range made {
		work.Go(func() (err error) {
			if i < len(in.Rules) {
				made[i], err = w.ofRule(ctx, in.Rules[i])
			} else {
				made[i], err = w.ofException(ctx, exceptions[i-len(in.Rules)])
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return Result{}, fmt.Errorf("make chainsaw tests: %w", err)
	}
	return w.result(made)
}

// outcome is what came of one rule or exception: tests, or why there is none.
type outcome struct {
	name      string
	rule      bool
	tests     []test
	why       string
	disagrees []Sample
}

// result writes the tests into files.
func (w *world) result(made []outcome) (Result, error) {
	out := Result{Files: tree.New()}
	own, origin := false, false
	for _, m := range made {
		out.Disagrees = append(out.Disagrees, m.disagrees...)
		if len(m.tests) == 0 {
			out.Missing = append(out.Missing, Missing{m.name, m.why})
			continue
		}
		if m.rule {
			out.Rules++
		} else {
			out.Exceptions++
		}
		for _, t := range m.tests {
			out.Samples += len(t.steps)
			own = own || t.place.own
			origin = origin || slices.ContainsFunc(t.steps, func(s step) bool { return s.Origin != "" })
		}
		if err := write(out.Files, m.name, m.tests); err != nil {
			return Result{}, err
		}
	}
	if own {
		if err := writeValues(out.Files, w.Own); err != nil {
			return Result{}, err
		}
	}
	if origin && w.License != nil {
		if err := out.Files.Add("LICENSE", w.License); err != nil {
			return Result{}, err
		}
	}
	return out, nil
}
