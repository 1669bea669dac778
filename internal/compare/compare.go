// Package compare asks two sets of policies about the same pods in the same
// namespaces, and says which answers differ. Its report is one line where nothing does.
//
// It takes two judges, or two sets of objects, with namespaces and pods. What comes out
// is sorted, and joined: one Change for each namespace and each set of rules, with the
// smallest pod that shows it. A denial is an answer; the only errors are those of a
// judge, with the pod and the namespace.
package compare

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/sample"
)

// Compare offers every sample in every place to both sides, on all cores. The same
// input gives the same result, in the same order. The error is that of a side; a
// denial is none.
func Compare(ctx context.Context, before, after admission.Ask, places []Place, samples []sample.Sample) (Comparison, error) {
	out := Comparison{Places: len(places), Samples: len(samples)}
	found := make([][]shift, len(places)*len(samples))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i := range found {
		place, sample := places[i/len(samples)], samples[i%len(samples)]
		work.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err() // another failed, or somebody lost patience
			}
			was, err := before(ctx, sample.Object, admission.NewNamespace(place.Name, place.Before))
			if err != nil {
				return fmt.Errorf("compare %s in %s, before: %w", sample.Name, place.Name, err)
			}
			is, err := after(ctx, sample.Object, admission.NewNamespace(place.Name, place.After))
			if err != nil {
				return fmt.Errorf("compare %s in %s, after: %w", sample.Name, place.Name, err)
			}
			found[i] = shifts(was, is)
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return Comparison{}, err
	}
	for p := range places {
		out.Changes = append(out.Changes, group(places[p], samples, found[p*len(samples):(p+1)*len(samples)])...)
	}
	return out, nil
}

// shift is one change of the answer about one sample.
type shift struct {
	direction Direction
	said      []admission.Failure // on the side that says something
}

// shifts compares two answers: gravest first, and what is denied on either side is
// neither warned about nor audited there.
func shifts(was, is admission.Answer) []shift {
	if one := between(was.Denied, is.Denied, Denied, Admitted); one != nil {
		return one
	}
	if len(was.Denied) > 0 {
		return nil
	}
	return append(between(was.Warned, is.Warned, Warned, Unwarned), between(was.Audited, is.Audited, Audited, Unaudited)...)
}

func between(was, is []admission.Failure, appeared, gone Direction) []shift {
	switch {
	case len(was) == 0 && len(is) > 0:
		return []shift{{appeared, is}}
	case len(was) > 0 && len(is) == 0:
		return []shift{{gone, was}}
	default:
		return nil
	}
}

// observed is a sample that shows a change.
type observed struct {
	shift
	rules  []string
	sample sample.Sample
}

// group joins what the samples show in a place: those of the same rules are one
// change, and one of more rules that are all told by themselves tells nothing new.
func group(place Place, samples []sample.Sample, found [][]shift) []Change {
	var all []observed
	for i, shifts := range found {
		for _, s := range shifts {
			all = append(all, observed{s, rulesOf(s.said), samples[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b observed) int {
		return cmp.Or(cmp.Compare(rank(a.direction), rank(b.direction)), cmp.Compare(len(a.rules), len(b.rules)),
			slices.Compare(a.rules, b.rules), cmp.Compare(a.sample.Size, b.sample.Size), cmp.Compare(a.sample.Name, b.sample.Name))
	})
	var out []Change
	for _, o := range all {
		if i := toldBy(out, o); i >= 0 {
			out[i].Like++
			continue
		}
		out = append(out, Change{Direction: o.direction, Place: place, Rules: o.rules, Message: o.said[0].Message, Witness: o.sample})
	}
	return out
}

// toldBy gives the first change whose rules are among those of a sample, if such
// changes together tell all of its rules; else -1.
func toldBy(changes []Change, o observed) int {
	first := -1
	told := map[string]bool{}
	for i, c := range changes {
		if c.Direction != o.direction || slices.ContainsFunc(c.Rules, func(r string) bool { return !slices.Contains(o.rules, r) }) {
			continue
		}
		if first < 0 {
			first = i
		}
		for _, r := range c.Rules {
			told[r] = true
		}
	}
	if len(told) < len(o.rules) {
		return -1
	}
	return first
}

func rulesOf(said []admission.Failure) []string {
	rules := make([]string, 0, len(said))
	for _, s := range said {
		rules = append(rules, convert.RuleOf(s.Policy, s.Annotations))
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// rank sorts directions, the gravest first.
func rank(d Direction) int {
	return slices.Index([]Direction{Denied, Admitted, Warned, Unwarned, Audited, Unaudited}, d)
}
