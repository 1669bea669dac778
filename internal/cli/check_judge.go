package cli

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
	"github.com/vapchart/vapchart/internal/report"
)

// checker judges manifests by the policies of a chart.
type checker struct {
	by        *admission.Judge
	manifests []checked
	namespace string // of objects that name none; empty for the judge's default
	// unlabelled says of a namespace that its labels matter and are not known.
	unlabelled func(name string) bool
}

// verdict is what the judge says about a manifest and about the pods it makes.
type verdict struct {
	object, pods *admission.Review // no pods: nil
}

// newChecker puts the policies and the manifests into one cluster: namespaces
// count with their labels, all else may serve as a parameter.
func newChecker(policies *admission.Objects, manifests []checked, namespace string) (*checker, error) {
	known, err := namespacesOf(manifests)
	if err != nil {
		return nil, err
	}
	objs, matter := *policies, labelsMatter(policies)
	for _, name := range slices.Sorted(maps.Keys(known)) {
		objs.Namespaces = append(objs.Namespaces, known[name])
	}
	for _, m := range manifests {
		objs.Others = append(objs.Others, m.Object)
	}
	by, err := admission.NewJudge(&objs, admission.Options{Authorize: grant, Namespace: namespace})
	return &checker{
		by: by, manifests: manifests, namespace: namespace,
		unlabelled: func(name string) bool {
			_, ok := known[name]
			return matter && name != "" && !ok
		},
	}, err
}

// grant answers what policies ask about permissions. Manifests do not tell who
// applies them, so this is taken for granted, and said in a note.
func grant(context.Context, admission.Access) (bool, string, error) {
	return true, "taken for granted, since manifests do not tell", nil
}

// judge gives the decision on every manifest, in order, and what is to be known
// about how it came to be.
func (c *checker) judge(ctx context.Context) (report.Check, []string, error) {
	verdicts, err := c.review(ctx)
	if err != nil {
		return nil, nil, err
	}
	decisions := make(report.Check, len(verdicts))
	for i, v := range verdicts {
		decisions[i] = report.Decide(c.subject(i, v.object), v.object, v.pods)
	}
	return decisions, c.notes(decisions, verdicts), nil
}

// review asks the judge about the creation of every object, in its own namespace
// where it names one, and of a pod that it would make. Several are asked about
// at a time: the judge compiles each policy when it first needs it, and those
// for controllers are others than those for pods.
func (c *checker) review(ctx context.Context) ([]verdict, error) {
	verdicts, errs := make([]verdict, len(c.manifests)), make([]error, 2*len(c.manifests))
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	ask := func(request admission.Request, answer **admission.Review, failed *error) {
		work.Go(func() error {
			*answer, *failed = c.by.Review(ctx, request)
			return ctx.Err()
		})
	}
	for i, m := range c.manifests {
		request := admission.Request{Object: m.Unstructured, Namespace: cmp.Or(m.GetNamespace(), c.namespace)}
		ask(request, &verdicts[i].object, &errs[2*i])
		pod, makesPods, err := admission.PodRequest(request)
		if errs[2*i+1] = err; makesPods {
			ask(pod, &verdicts[i].pods, &errs[2*i+1])
		}
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	for i, err := range errs {
		if err != nil {
			m := c.manifests[i/2]
			errs[i] = fmt.Errorf("check manifests: %w", &manifest.Error{File: m.file, Line: m.line, Msg: err.Error()})
		}
	}
	return verdicts, errors.Join(errs...)
}

func (c *checker) subject(i int, r *admission.Review) report.Subject {
	m := c.manifests[i]
	s := report.Subject{
		File: m.file, Line: m.line, Kind: m.GetKind(), Name: cmp.Or(m.GetName(), m.GetGenerateName()), Namespace: r.Namespace(),
	}
	if s.Kind == "Namespace" {
		s.Namespace = ""
	}
	return s
}
