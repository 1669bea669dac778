package chainsaw

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/values"
)

// world is one set of values, and the places that it has.
type world struct {
	Input
	values values.Values
	places []place
	forms  sync.Map // unstructured objects, by the typed ones
}

// place is a kind of namespace: those of a key, those that no key matches, or
// those with certain labels.
type place struct {
	values.Entry
	key    string            // of the values' namespaces; empty for the defaults and for labels
	labels map[string]string // with label binding
	own    bool              // that the tests bring their own values for
}

func newWorld(in Input) (*world, error) {
	w := &world{Input: in}
	var err error
	if w.values, err = values.Decode(in.Values); err != nil {
		return nil, err
	}
	if w.values.NamespaceBinding == "label" {
		w.places = w.labelled()
		return w, nil
	}
	w.places = append(w.places, place{Entry: w.values.Defaults})
	own, err := values.Decode(in.Own)
	if err != nil {
		return nil, err
	}
	if len(own.Namespaces) > 0 {
		w.places = append(w.places, w.keyed(own, true)...)
	} else {
		w.places = append(w.places, w.keyed(w.values, false)...)
	}
	for key, e := range own.Namespaces {
		if w.values.Namespaces == nil {
			w.values.Namespaces = map[string]*values.Entry{}
		}
		w.values.Namespaces[key] = e
	}
	return w, nil
}

// keyed gives the places of keys, sorted by key. Where Pod Security Admission
// answers, it is no place to try the policies in.
func (w *world) keyed(v values.Values, own bool) []place {
	var out []place
	for _, key := range v.Keys() {
		if slices.Contains(w.PodSecurity, key) {
			continue
		}
		e := *v.Namespaces[key]
		e.Profile = cmp.Or(e.Profile, w.values.Defaults.Profile)
		out = append(out, place{Entry: e, key: key, own: own})
	}
	return out
}

// keys gives the keys of the values and those of the tests' own.
func (w *world) keys() []string { return w.values.Keys() }

// labelled gives the places that labels can make: each profile alone, and with
// each exception.
func (w *world) labelled() []place {
	var out []place
	add := func(profile policy.Profile, exceptions ...string) {
		p := place{
			Entry:  values.Entry{Profile: string(profile), Exceptions: exceptions},
			labels: map[string]string{w.values.LabelDomain + "/profile": string(profile)},
		}
		for _, e := range exceptions {
			p.labels[w.values.LabelDomain+"/"+e] = "include"
		}
		out = append(out, p)
	}
	for _, profile := range []policy.Profile{"privileged", policy.Baseline, policy.Restricted} {
		add(profile)
	}
	for _, name := range w.exceptionNames() {
		add(policy.Restricted, name)
		add(policy.Baseline, name)
	}
	return out
}

// exceptionNames gives the names of the exceptions, sorted.
func (w *world) exceptionNames() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(w.values.Exceptions)) {
		if w.values.Exceptions[name] != nil {
			out = append(out, name)
		}
	}
	return out
}

// shared says whether the place is one namespace, which may be in use.
func (p place) shared() bool { return p.key != "" && !strings.Contains(p.key, "*") }

// enforces says whether the place enforces a rule. A rule of no profile is bound
// by other means, which the judge knows.
func (p place) enforces(r Rule) bool {
	switch {
	case policy.Excluded(p.Exclude, r.Name, r.Controls):
		return false
	case r.Profile == policy.Baseline:
		return p.Profile == string(policy.Baseline) || p.Profile == string(policy.Restricted)
	case r.Profile == policy.Restricted:
		return p.Profile == string(policy.Restricted)
	default:
		return true
	}
}

// byFitness sorts places: those that the tests bring first, then those of the profile
// before others, and namespaces of the test's own before those that may be in use.
func byFitness(places []place, profile string) []place {
	score := func(p place) int {
		n := 2*len(p.Exceptions) + len(p.Exclude)
		if p.Profile != profile {
			n += 1000
		}
		if !p.own {
			n += 3000
		}
		if p.shared() {
			n += 2000
		}
		return n
	}
	return slices.SortedStableFunc(slices.Values(places), func(a, b place) int { return cmp.Compare(score(a), score(b)) })
}
