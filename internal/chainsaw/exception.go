package chainsaw

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/sample"
)

// ofException makes the tests of an exception. In a namespace that has it a pod
// that uses exactly what it allows is created, and one that goes a step beyond
// is refused; in one of the same profile without it so is the first pod.
func (w *world) ofException(ctx context.Context, name string) (outcome, error) {
	out := outcome{name: name, why: "the values have it in no namespace that enforces a profile"}
	for _, p := range w.having(name) {
		with, err := w.withException(ctx, name, p)
		if err != nil {
			return outcome{}, err
		}
		if with == nil {
			out.why = "no pod can use it where the values have it"
			continue
		}
		without, err := w.withoutException(ctx, name, *with)
		if err != nil {
			return outcome{}, err
		}
		out.tests = append([]test{*with}, without...)
		return out, nil
	}
	return out, nil
}

// having gives the places where an exception is in force and a profile is
// enforced: restricted before baseline, since that forbids more.
func (w *world) having(name string) []place {
	var out []place
	for _, profile := range []string{"restricted", "baseline"} {
		for _, p := range byFitness(w.places, profile) {
			if p.Profile == profile && slices.Contains(p.Exceptions, name) {
				out = append(out, p)
			}
		}
	}
	return out
}

// withException tries what an exception allows and what it does not in a place
// that has it; nil if nothing there can use it.
func (w *world) withException(ctx context.Context, name string, p place) (*test, error) {
	n, ok := w.namespace(p, slug(name))
	if !ok {
		return nil, nil //nolint:nilnil // there is no such test
	}
	t := &test{name: slug(name), place: p, namespace: n, description: fmt.Sprintf(
		"Exception %s in profile %s: what it allows is created, a step beyond is refused. %s", name, p.Profile, p.describe())}
	used := map[string]bool{} // by key
	use := func(e sample.ExceptionPod) error {
		v, ok, err := w.verdict(ctx, n, sampleOf(e))
		if ok && err == nil && len(v.denials) == 0 {
			t.steps, used[e.Key] = append(t.steps, v), true
		}
		return err
	}
	var beyond, whole []sample.ExceptionPod
	for _, e := range w.tries(name) {
		var err error
		switch {
		case !e.Allowed && e.Key != "":
			beyond = append(beyond, e)
		case !e.Allowed:
			whole = append(whole, e)
		case e.Key != "":
			used[e.Key] = used[e.Key] || false
			err = use(e)
		case slices.Contains(slices.Collect(maps.Values(used)), false): // one key needs the other
			err = use(e)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(t.steps) == 0 {
		return nil, nil //nolint:nilnil // there is no such test
	}
	var refused []step
	for _, e := range beyond {
		if !used[e.Key] && !used[""] {
			continue
		}
		names := func(d admission.Failure) bool { return strings.Contains(d.Denial(), name) }
		if err := w.addRefused(ctx, &refused, n, sampleOf(e), names); err != nil {
			return nil, err
		}
	}
	// Of what is allowed whole there is no beyond. Then the step is one that the
	// exception does not touch: every other control stays as it was.
	for _, e := range whole {
		if len(refused) > 0 {
			break
		}
		if err := w.addRefused(ctx, &refused, n, sampleOf(e), func(admission.Failure) bool { return true }); err != nil {
			return nil, err
		}
	}
	t.steps = append(t.steps, refused...)
	return t, nil
}

// tries gives the samples of an exception.
func (w *world) tries(name string) []sample.ExceptionPod {
	return slices.DeleteFunc(slices.Clone(w.Tries), func(e sample.ExceptionPod) bool { return e.Exception != name })
}

// sampleOf words a pod of an exception as a sample.
func sampleOf(e sample.ExceptionPod) Sample {
	verb := map[bool]string{true: "uses-", false: "beyond-"}[e.Allowed]
	return Sample{Name: verb + cmp.Or(e.Key, "all"), Text: "a pod " + e.Text, Object: e.Pod, Refused: !e.Allowed}
}

// addRefused adds a sample that is refused, each time in words that are wanted.
func (w *world) addRefused(ctx context.Context, to *[]step, n Namespace, s Sample, wanted func(admission.Failure) bool) error {
	v, ok, err := w.verdict(ctx, n, s)
	if err != nil || !ok || len(v.denials) == 0 {
		return err
	}
	if !slices.ContainsFunc(v.denials, func(d admission.Failure) bool { return !wanted(d) }) {
		*to = append(*to, v)
	}
	return nil
}

// withoutException tries the pods that use an exception where it is not in
// force; no test if there is no such place.
func (w *world) withoutException(ctx context.Context, name string, with test) ([]test, error) {
	for _, p := range byFitness(w.places, with.place.Profile) {
		n, ok := w.namespace(p, slug(name)+"-without")
		if !ok || p.Profile != with.place.Profile || slices.Contains(p.Exceptions, name) {
			continue
		}
		t := test{name: slug(name) + "-without", place: p, namespace: n, description: fmt.Sprintf(
			"Without exception %s: the same in profile %s is refused. %s", name, p.Profile, p.describe())}
		for _, s := range with.steps {
			if len(s.denials) > 0 {
				continue
			}
			s.Refused = true
			if err := w.addRefused(ctx, &t.steps, n, s.Sample, func(admission.Failure) bool { return true }); err != nil {
				return nil, err
			}
		}
		if len(t.steps) > 0 {
			return []test{t}, nil
		}
	}
	return nil, nil
}
