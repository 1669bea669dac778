package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
)

// checker judges manifests by the policies of a chart.
type checker struct {
	by        *admission.Judge
	manifests []Object
	namespace string // of objects that name none; empty for the judge's default
	// unlabelled says of a namespace that its labels matter and are not known.
	unlabelled func(name string) bool
}

// NewChecker puts the policies and the manifests into one cluster: namespaces
// count with their labels, all else may serve as a parameter.
func NewChecker(policies *admission.Objects, manifests []Object, namespace string) (*checker, error) {
	known, err := namespacesOf(manifests)
	if err != nil {
		return nil, err
	}
	objs, matter := *policies, labelsMatter(policies)
	for _, ns := range policies.Namespaces {
		if _, ok := known[ns.Name]; !ok { // the manifests come later
			known[ns.Name] = ns
		}
	}
	objs.Namespaces = nil
	for _, name := range slices.Sorted(maps.Keys(known)) {
		objs.Namespaces = append(objs.Namespaces, known[name])
	}
	for _, m := range manifests {
		objs.Others = append(objs.Others, m.Object)
	}
	by, err := admission.NewJudge(&objs, admission.Options{Authorize: admission.Grant, Namespace: namespace})
	return &checker{
		by: by, manifests: manifests, namespace: namespace,
		unlabelled: func(name string) bool {
			_, ok := known[name]
			return matter && name != "" && !ok
		},
	}, err
}

// Judge gives the decision on every manifest, in order, and what is to be known
// about how it came to be.
func (c *checker) Judge(ctx context.Context) (Result, []string, error) {
	decisions, notes := make(Result, len(c.manifests)), make([][]string, len(c.manifests))
	errs := make([]error, len(c.manifests))
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, m := range c.manifests {
		work.Go(func() error {
			if decisions[i], notes[i], errs[i] = c.decide(ctx, m); errs[i] != nil {
				errs[i] = fmt.Errorf("check manifests: %w", &manifest.Error{File: m.file, Line: m.line, Msg: errs[i].Error()})
			}
			return ctx.Err()
		})
	}
	if err := work.Wait(); err != nil {
		return nil, nil, err
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	all := append(slices.Concat(notes...), c.unlabelledNote(decisions)...)
	slices.Sort(all)
	return decisions, slices.Compact(all), nil
}

// decide asks the judge about the creation of an object, in its own namespace
// where it names one, and about that of a pod that it would make. Both at once:
// the judge compiles each policy when it first needs it, and those for
// controllers are others than those for pods.
func (c *checker) decide(ctx context.Context, m Object) (Decision, []string, error) {
	request := admission.Request{Object: m.Unstructured, Namespace: cmp.Or(m.GetNamespace(), c.namespace)}
	podRequest, makesPods, err := admission.PodRequest(request)
	if err != nil {
		return Decision{}, nil, err
	}
	var object, pods *admission.Review
	var work errgroup.Group
	if makesPods {
		work.Go(func() (err error) {
			pods, err = c.by.Review(ctx, podRequest)
			return err
		})
	}
	object, err = c.by.Review(ctx, request)
	if err := errors.Join(err, work.Wait()); err != nil {
		return Decision{}, nil, err
	}
	notes := notesOn(m, object)
	if makesPods {
		notes = append(notes, notesOn(m, pods)...)
	}
	return Decide(subject(m, object), object, pods), notes, nil
}

// subject names an object as the request for it did.
func subject(m Object, r *admission.Review) Subject {
	s := Subject{
		File: m.file, Line: m.line, Kind: m.GetKind(), Name: cmp.Or(m.GetName(), m.GetGenerateName()), Namespace: r.Namespace(),
	}
	if s.Kind == "Namespace" {
		s.Namespace = ""
	}
	return s
}
