package namespaces

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
)

// Said is what is said of a pod.
type Said struct {
	Denied, Warned, Audited []policy.Control // by whom; a rule without a control gives an empty one
}

// Judge gives what the policies say of a pod in a namespace with these labels. It must
// be fit for several goroutines.
type Judge func(ctx context.Context, namespace string, labels map[string]string, pod *corev1.Pod) (Said, error)

// Finding is what there is to know of namespaces in which the same holds.
type Finding struct {
	Names       []string          // sorted; empty for all that no key matches
	Labels      map[string]string // that they should carry
	Left        bool              // the policies step aside
	Why         *Reason           // that what is enforced by the labels is looser than the profile; nil if it is not
	Differences []Difference
}

// Difference is one way in which the two engines disagree about a namespace, as far as
// it shows there: what the policies still refuse, where they stay, is refused.
type Difference struct {
	Kind    Kind
	Control policy.Control // empty where it is about no single one
	Looser  bool           // than the policies
	Text    string         // of one pod; completes "a pod …"
	Pods    int            // of those that were tried
}

// Kind says what a difference is about.
type Kind string

// The kinds. The last two are found in the values, without a pod. Controllers are a
// difference where the values say nothing about them and Pod Security Admission warns,
// and where they deny them, for which the policies have to stay.
const (
	Enforced    Kind = "enforced"
	Warned      Kind = "warned"
	Audited     Kind = "audited"
	Exemptions  Kind = "exemptions" // Pod Security Admission does not know those of the values
	Controllers Kind = "controllers"
)

// Comparer compares in one set of values after the other. What holds in a namespace
// is judged once, however many namespaces and clusters it is the same in. It is fit
// for several goroutines.
type Comparer struct{ known sync.Map }

// Compare tells for every full name with labels of Pod Security Admission, and for
// names that no key matches where the defaults say psa, in what the engine and the
// labels change anything: pods are judged by the policies as if there were no such
// labels, and by both engines together as they are. Whatever the judge says must
// follow from the values, the version that the standard is of, and the chart. The
// findings are sorted by their first name.
func (c *Comparer) Compare(ctx context.Context, v Values, s Standard, judge Judge) ([]Finding, error) {
	var out []Finding
	at := map[string]int{}
	for _, name := range v.Names() {
		e := *v.Namespaces[name]
		if e.Engine != PSA {
			continue
		}
		i, ok := at[e.key()]
		if !ok {
			f, err := c.finding(ctx, v, name, e, s, judge)
			if err != nil {
				return nil, err
			}
			i, at[e.key()] = len(out), len(out)
			out = append(out, f)
		}
		out[i].Names = append(out[i].Names, name)
	}
	if name := "vapchart-any-other"; v.Defaults.Engine == PSA && exception.Deciding(v.Keys(), name) == "" {
		f, err := c.finding(ctx, v, name, v.Defaults, s, judge)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// finding gives what is known of an entry, or finds it out.
func (c *Comparer) finding(ctx context.Context, v Values, name string, e Entry, s Standard, judge Judge) (Finding, error) {
	about := v
	about.Defaults, about.Namespaces, about.Exceptions = Entry{}, nil, map[string]*Exception{}
	for _, x := range e.Exceptions {
		about.Exceptions[x] = v.Exceptions[x]
	}
	data, err := json.Marshal(about)
	if err != nil {
		return Finding{}, err
	}
	find, _ := c.known.LoadOrStore(fmt.Sprint(s.Version, e.key(), string(data)), sync.OnceValues(func() (Finding, error) {
		return v.finding(ctx, name, e, s, judge)
	}))
	f, err := find.(func() (Finding, error))() //nolint:errcheck // nothing else is stored
	if err != nil {
		return f, fmt.Errorf("compare engines in namespace %s: %w", name, err)
	}
	f.Labels, f.Differences = maps.Clone(f.Labels), slices.Clone(f.Differences)
	return f, nil
}

// finding compares in one namespace.
func (v Values) finding(ctx context.Context, name string, e Entry, s Standard, judge Judge) (Finding, error) {
	bound, psa := v.domainLabels(e), v.psaLabels(e, s)
	both := maps.Clone(bound)
	maps.Copy(both, psa)
	f := Finding{Labels: both, Left: e.Left()}
	if e.Keeps() {
		_, f.Why = s.strictest(e, policy.Profile(e.Profile))
	}
	pods := slices.Clone(s.Probes)
	for _, t := range s.Tries {
		if slices.Contains(e.Exceptions, t.Exception) {
			pods = append(pods, Tried{t.Text, t.Pod})
		}
	}
	want, got := make([]Said, len(pods)), make([]Said, len(pods))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range pods {
		work.Go(func() (err error) {
			if want[i], err = judge(ctx, name, bound, p.Pod); err != nil {
				return err
			}
			got[i] = Said{}.and(s, psa, p.Pod)
			if got[i].lacks(want[i]) { // so it matters what the policies still say
				got[i], err = judge(ctx, name, both, p.Pod)
				got[i] = got[i].and(s, psa, p.Pod)
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return f, err
	}
	for i, p := range pods {
		f.compare(p, want[i], got[i])
	}
	f.fromValues(v, psa)
	return f, nil
}

// and adds what Pod Security Admission says by its labels.
func (d Said) and(s Standard, psa map[string]string, pod *corev1.Pod) Said {
	by := func(mode string) []policy.Control { return s.Refused(policy.Profile(psa[psaDomain+mode]), pod) }
	return Said{slices.Concat(by("enforce"), d.Denied), slices.Concat(by("warn"), d.Warned), slices.Concat(by("audit"), d.Audited)}
}

// lacks says whether something was said in a way that it is not said here.
func (d Said) lacks(want Said) bool {
	silent := func(here, there []policy.Control) bool { return len(here) == 0 && len(there) > 0 }
	return silent(d.Denied, want.Denied) || silent(d.Warned, want.Warned) || silent(d.Audited, want.Audited)
}

// compare adds what differs about one pod. Of a pod that is refused nothing else
// matters.
func (f *Finding) compare(p Tried, want, got Said) {
	differ := func(kind Kind, want, got []policy.Control) bool {
		if (len(want) > 0) == (len(got) > 0) {
			return false
		}
		by := slices.Concat(want, got)[0]
		f.add(Difference{Kind: kind, Control: by, Looser: len(want) > 0, Text: p.Text, Pods: 1})
		return true
	}
	if differ(Enforced, want.Denied, got.Denied) || len(want.Denied) > 0 {
		return
	}
	differ(Warned, want.Warned, got.Warned)
	differ(Audited, want.Audited, got.Audited)
}

func (f *Finding) add(d Difference) {
	i := slices.IndexFunc(f.Differences, func(o Difference) bool {
		return o.Kind == d.Kind && o.Control == d.Control && o.Looser == d.Looser
	})
	if i < 0 {
		f.Differences = append(f.Differences, d)
		return
	}
	f.Differences[i].Pods++
}

// fromValues adds what the values alone tell.
func (f *Finding) fromValues(v Values, psa map[string]string) {
	says := func(mode string) bool { return psa[psaDomain+mode] != string(Privileged) }
	x := v.Exemptions
	if len(x.Users)+len(x.Groups)+len(x.RuntimeClasses) > 0 && (says("enforce") || says("warn") || says("audit")) {
		f.add(Difference{Kind: Exemptions})
	}
	switch fmt.Sprint(v.Controllers) {
	case "deny":
		if f.Left && says("enforce") {
			f.add(Difference{Kind: Controllers, Looser: true})
		}
	case "off", "false":
		if says("warn") || says("audit") {
			f.add(Difference{Kind: Controllers})
		}
	}
}
