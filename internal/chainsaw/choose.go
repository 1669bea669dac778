package chainsaw

import (
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/sample"
)

// How many samples a test has at most: enough to see the rule's border, few enough
// to read. Upstream's come on top of the probes.
const (
	mostGood     = 2
	mostBad      = 3
	mostUpstream = 2 // of each outcome
)

// step is a sample in a place and what the judge says of it.
type step struct {
	Sample
	denials []admission.Failure // none where it is admitted
}

// verdict judges a sample in a namespace; ok is false where the API itself would
// not take it, whatever the policies say.
func (w *world) verdict(ctx context.Context, n Namespace, s Sample) (out step, ok bool, err error) {
	if !sample.Valid(s.Object, w.Kubernetes) {
		return step{}, false, nil
	}
	object, err := w.unstructured(s.Object)
	if err != nil {
		return step{}, false, err
	}
	answer, err := w.Ask(ctx, object, admission.NewNamespace(n.Name, n.Labels))
	return step{s, answer.Denied}, true, err
}

// unstructured gives an object as policies see it, made once: many tests try the same.
func (w *world) unstructured(object runtime.Object) (*unstructured.Unstructured, error) {
	made, ok := w.forms.Load(object)
	if !ok {
		form, err := admission.FromTyped(object)
		if err != nil {
			return nil, err
		}
		made, _ = w.forms.LoadOrStore(object, form)
	}
	return made.(*unstructured.Unstructured), nil //nolint:errcheck,forcetypeassert // nothing else is stored
}

// choice is what was chosen for a rule.
type choice struct {
	good, bad, ambiguous []step
	shared               int // samples that the rule and others refuse
	disagrees            []Sample
}

// choose judges samples one by one, as long as some are needed. Good ones are
// admitted. Bad ones are refused by the rule alone: the API server reports a
// single denial of several, and nobody knows which. Those that others refuse
// too are ambiguous.
func (w *world) choose(ctx context.Context, n Namespace, r Rule) (choice, error) {
	var c choice
	for _, s := range spread(r.Samples) {
		if s.Origin == "" && c.full(s) {
			continue
		}
		v, ok, err := w.verdict(ctx, n, s)
		if err != nil {
			return choice{}, err
		}
		if !ok {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(v.denials), func(d admission.Failure) bool { return of(r, d) })
		refused := len(others) < len(v.denials)
		switch {
		case len(v.denials) == 0:
			add(&c.good, v)
		case refused && len(others) == 0:
			add(&c.bad, v)
		case refused:
			c.shared++
			add(&c.ambiguous, v)
		}
		if s.Origin != "" && disagrees(r, s, v.denials) {
			c.disagrees = append(c.disagrees, s)
		}
	}
	return c, nil
}

// full says whether a sample, if it turns out as the standard says, is one too
// many. Where others refuse the first of the bad ones too, they do the rest.
func (c choice) full(s Sample) bool {
	switch {
	case s.Plain:
		return s.Refused || len(c.good) > 0
	case s.Refused:
		return count(c.bad, s) >= mostBad || len(c.bad) == 0 && c.shared >= 3*mostBad
	}
	return count(c.good, s) >= mostGood
}

// of says whether a denial is that of a rule, by its policy on pods or the one
// on what makes them.
func of(r Rule, d admission.Failure) bool {
	by := policy.ParseObjectName(d.Policy, func(name string) bool { return name == r.Name })
	return by.Rule == r.Name && by.Mode == policy.Enforce
}

// disagrees says whether an upstream test expects something else of the rules
// that were made from its policy: that none of them refuses a bad resource, or
// that the only one refuses a good one. With several, a good one may be meant for
// another.
func disagrees(r Rule, s Sample, denials []admission.Failure) bool {
	if !s.Refused {
		return len(r.Siblings) == 0 && slices.ContainsFunc(denials, func(d admission.Failure) bool { return of(r, d) })
	}
	return !slices.ContainsFunc(denials, func(d admission.Failure) bool {
		return of(r, d) || slices.ContainsFunc(r.Siblings, func(name string) bool { return of(Rule{Name: name}, d) })
	})
}

// add keeps a step unless there are enough of its kind, or the very same pod is
// there already.
func add(to *[]step, s step) {
	most := mostGood
	switch {
	case s.Origin != "":
		most = mostUpstream
	case len(s.denials) > 0:
		most = mostBad
	}
	same := func(other step) bool { return sample.Same(other.Object, s.Object) }
	if count(*to, s.Sample) < most && !slices.ContainsFunc(*to, same) {
		*to = append(*to, s)
	}
}

// count counts the steps that are probes, or those that are upstream's.
func count(steps []step, like Sample) int {
	n := 0
	for _, s := range steps {
		if (s.Origin == "") == (like.Origin == "") {
			n++
		}
	}
	return n
}

// spread orders samples so that the first few differ most: in what they do, and
// in which container. What is alike stays in the order given, and plain ones come
// last.
func spread(samples []Sample) []Sample {
	rest, out := slices.Clone(samples), make([]Sample, 0, len(samples))
	seen := map[string]int{}
	for len(rest) > 0 {
		best, least := 0, -1
		for i, s := range rest {
			what, where := parts(s)
			n := seen[what] + seen[where]
			if s.Plain {
				n += len(samples) * 2
			}
			if least < 0 || n < least {
				best, least = i, n
			}
		}
		what, where := parts(rest[best])
		seen[what]++
		seen[where]++
		out = append(out, rest[best])
		rest = slices.Delete(rest, best, best+1)
	}
	return out
}

// parts gives what a sample does and where, each with what the standard says of
// it, so that good and bad ones are spread apart from each other.
func parts(s Sample) (what, where string) {
	verdict := map[bool]string{true: "bad ", false: "good "}[s.Refused]
	step, container, _ := strings.Cut(s.Name, "@")
	return verdict + step, verdict + "@" + container
}
