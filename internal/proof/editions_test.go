package proof_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// editions are the rules of several versions of the standard in one judge, each
// different policy once, beside the checks of Pod Security Admission. So a pod
// is judged by all versions in not much more time than by one.
type editions struct {
	judge    *admission.Judge
	oracle   map[string]*pss.Oracle
	versions []string
	names    []string // of the policies in the judge; a bit of a bits stands for each
	pairs    []pair
}

// bits is a set of policies.
type bits uint64

// pair is what implements a revision of a control, and who says what it should.
// Versions that have both in common share one.
type pair struct {
	policy.Control
	profile  policy.Profile
	since    string // the version that brought the revision
	rules    bits
	versions []string
}

// ruleset are the policies and bindings of a version, and the controls of each.
type ruleset struct {
	version  string
	objects  *admission.Objects
	controls func(p admission.Policy) []policy.Control
}

// chartEditions renders the chart for each version, with a namespace of the name
// of each profile.
func chartEditions(t testing.TB, versions ...string) *editions {
	t.Helper()
	v := with(silent(), parse(t, "namespaces: {kube-system: null, baseline: {profile: baseline}, restricted: {profile: restricted}}"))
	var sets []ruleset
	for _, version := range versions {
		sets = append(sets, ruleset{version, load(t, with(v, values{"standardVersion": version})), func(p admission.Policy) []policy.Control {
			var out []policy.Control
			for _, id := range strings.Split(p.Annotations["vapchart.dev/controls"], ",") {
				out = append(out, policy.Control(strings.TrimSpace(id)))
			}
			return out
		}})
	}
	return newEditions(t, sets)
}

func newEditions(t testing.TB, sets []ruleset) *editions {
	t.Helper()
	e := &editions{oracle: map[string]*pss.Oracle{}}
	known := map[string]int{}
	var objects []runtime.Object
	for _, set := range sets {
		e.versions = append(e.versions, set.version)
		e.oracle[set.version] = oracleOf(t, set.version)
		rules := map[policy.Control]bits{}
		for _, p := range set.objects.Policies {
			text, err := manifest.Encode(p.Spec)
			if err != nil {
				t.Fatal(err)
			}
			key := p.Name + "\n" + string(text)
			i, ok := known[key]
			if !ok {
				i = len(e.names)
				known[key] = i
				e.names = append(e.names, fmt.Sprintf("%s-%d", p.Name, i))
				objects = append(objects, renamed(t, set.objects, p, e.names[i])...)
			}
			for _, id := range set.controls(p) {
				rules[id] |= 1 << i
			}
		}
		for _, info := range e.oracle[set.version].Controls() {
			e.add(pair{info.ID, info.Profile, info.Since, rules[info.ID], []string{set.version}})
		}
	}
	objs, err := admission.FromObjects(objects...)
	if err == nil {
		e.judge, err = admission.NewJudge(objs, admission.Options{})
	}
	if err != nil || len(e.names) > 64 {
		t.Fatalf("%d policies, %v", len(e.names), err)
	}
	return e
}

// renamed gives a policy and its bindings under another name.
func renamed(t testing.TB, objs *admission.Objects, p admission.Policy, name string) []runtime.Object {
	t.Helper()
	copied := &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: p.Spec}
	out := []runtime.Object{copied}
	for _, b := range objs.Bindings {
		if b.Spec.PolicyName == p.Name {
			binding := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: b.Spec}
			binding.Spec.PolicyName = name
			out = append(out, binding)
		}
	}
	if len(out) != 2 {
		t.Fatalf("policy %s has %d bindings", p.Name, len(out)-1)
	}
	return out
}

func (e *editions) add(p pair) {
	i := slices.IndexFunc(e.pairs, func(o pair) bool { return o.Control == p.Control && o.since == p.since && o.rules == p.rules })
	if i < 0 {
		e.pairs = append(e.pairs, p)
		return
	}
	e.pairs[i].versions = append(e.pairs[i].versions, p.versions...)
}

// at gives the version by which the oracle speaks for a pair.
func (p pair) at() string { return p.versions[0] }

// arrived gives a pod as it reaches admission, with the API's defaults: as
// policies see it and as Pod Security Admission does.
func arrived(t testing.TB, pod *corev1.Pod) sample {
	t.Helper()
	return sampleOf(t, pod.Name, pod)
}

// refusing gives the policies that deny the request in a namespace. An error
// within a policy fails the test.
func (e *editions) refusing(t testing.TB, namespace string, r admission.Request) bits {
	t.Helper()
	r.Namespace = namespace
	review, err := e.judge.Review(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	var out bits
	for _, d := range review.Denials() {
		if d.Broken {
			t.Fatalf("policy %s: %s, of\n%s", d.Policy, d.Message, texted(t, r.Object))
		}
		out |= 1 << slices.Index(e.names, d.Policy)
	}
	return out
}

func texted(t testing.TB, object *unstructured.Unstructured) string {
	t.Helper()
	text, err := manifest.Encode(object.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// mismatch is a control about which the rules and the standard disagree.
type mismatch struct {
	policy.Control
	since    string
	versions []string
	refused  bool // by the rules
}

func (m mismatch) String() string {
	verb := map[bool]string{true: "refuse", false: "admit"}
	return fmt.Sprintf("%s of %s (at %s): the rules %s, Pod Security Admission does not", m.Control, m.since, strings.Join(m.versions, ", "), verb[m.refused])
}

// compare judges a pod by the rules, in a namespace of each profile, and by the
// checks, control by control. It gives the controls about which they disagree,
// and for each pair whether its rules refuse.
func (e *editions) compare(t testing.TB, s sample) (found []mismatch, refused []bool) {
	t.Helper()
	request := admission.Request{Object: s.object}
	baseline, restricted := e.refusing(t, "baseline", request), e.refusing(t, "restricted", request)
	refused = make([]bool, len(e.pairs))
	for i, p := range e.pairs {
		want := e.oracle[p.at()].Refuses(p.Control, s.pod)
		refused[i] = restricted&p.rules != 0
		if p.profile == policy.Baseline && baseline&p.rules != restricted&p.rules {
			refused[i] = !want // the namespaces differ in what both must hold
		}
		if p.profile == policy.Restricted && baseline&p.rules != 0 {
			refused[i] = !want // a rule of restricted in a namespace of baseline
		}
		if refused[i] != want {
			found = append(found, mismatch{p.Control, p.since, p.versions, refused[i]})
		}
	}
	return found, refused
}

// report tells the smallest pod that shows the same mismatches as the one of
// these bytes.
func (e *editions) report(t testing.TB, name string, data []byte) {
	t.Helper()
	signs := func(data []byte) string {
		found, _ := e.compare(t, arrived(t, randomPod(data)))
		return fmt.Sprint(found)
	}
	want := signs(data)
	data = shrink(data, func(d []byte) bool { return signs(d) == want })
	t.Errorf("%s, %x: %s, of\n%s", name, data, want, texted(t, arrived(t, randomPod(data)).object))
}
