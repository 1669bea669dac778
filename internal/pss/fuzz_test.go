package pss_test

import (
	"context"
	"flag"
	"runtime"
	"slices"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/pod-security-admission/api"
	pspolicy "k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

var randomPods = flag.Int("pods", 10000, "how many random pods to judge")

// The built-in library and PSA's evaluator must agree on any pod: in each
// profile as a whole, and control by control. The older versions are those of
// annotations, of Windows pods without rights of their own, and of no leave for
// user namespaces.
func TestBuiltinOnRandomPods(t *testing.T) {
	randomPodsAt(t, pss.Latest, *randomPods)
	for _, version := range []string{"v1.0", "v1.20", "v1.24", "v1.33"} {
		randomPodsAt(t, version, *randomPods/4)
	}
}

func randomPodsAt(t *testing.T, version string, pods int) {
	t.Helper()
	referee := newReferee(t, version)
	workers := runtime.GOMAXPROCS(0)
	tallies := make([]tally, workers)
	t.Run(version, func(t *testing.T) {
		for w := range workers {
			t.Run(strconv.Itoa(w), func(t *testing.T) {
				t.Parallel()
				g := newGenerator(uint64(w))
				for range pods / workers {
					referee.check(t, g.pod(), &tallies[w])
				}
			})
		}
	})
	var all tally
	for _, n := range tallies {
		all.add(n)
	}
	// A generator that violates everything or nothing would prove nothing.
	for c := range referee.profiles {
		if all.refused[c] < pods/1000 {
			t.Errorf("%s: %s refuses %d of %d random pods: too few to tell", version, c, all.refused[c], pods)
		}
	}
	if all.admitted[policy.Baseline] < pods/20 || all.admitted[policy.Restricted] < pods/1000 {
		t.Errorf("%s: of %d random pods are admitted: %v: too few to tell", version, pods, all.admitted)
	}
}

// tally counts what random pods came to.
type tally struct {
	refused  map[policy.Control]int
	admitted map[policy.Profile]int
}

func (n *tally) add(more tally) {
	n.init()
	for c, i := range more.refused {
		n.refused[c] += i
	}
	for p, i := range more.admitted {
		n.admitted[p] += i
	}
}

func (n *tally) init() {
	if n.refused == nil {
		n.refused, n.admitted = map[policy.Control]int{}, map[policy.Profile]int{}
	}
}

// referee holds the library of a version, one policy a profile for speed, beside
// PSA.
type referee struct {
	judge     *admission.Judge
	owners    map[string][]policy.Control // by policy: the control of each validation
	profiles  map[policy.Control]policy.Profile
	oracle    *pss.Oracle
	evaluator pspolicy.Evaluator
	version   api.Version
}

func newReferee(t *testing.T, version string) *referee {
	t.Helper()
	oracle, err := pss.NewOracle(version)
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := pspolicy.NewEvaluator(pspolicy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &referee{
		owners: map[string][]policy.Control{}, profiles: map[policy.Control]policy.Profile{},
		oracle: oracle, evaluator: evaluator,
	}
	if r.version, err = api.ParseVersion(version); err != nil {
		t.Fatal(err)
	}
	for _, c := range oracle.Controls() {
		r.profiles[c.ID] = c.Profile
	}
	r.judge, err = newJudge(r.whole(t, builtinAt(t, version))...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// whole gives one rule a profile, and notes the control of each validation.
func (r *referee) whole(t *testing.T, rules []policy.Rule) []policy.Rule {
	t.Helper()
	controlOf := controlOfRule(t, rules)
	whole := map[policy.Profile]*policy.Rule{}
	for _, rule := range rules {
		into := whole[rule.Profile]
		if into == nil {
			into = &policy.Rule{Name: string(rule.Profile), Profile: rule.Profile, Match: rule.Match, FailurePolicy: rule.FailurePolicy}
			whole[rule.Profile] = into
		}
		for _, v := range rule.Variables {
			if !slices.ContainsFunc(into.Variables, func(o policy.Variable) bool { return o.Name == v.Name }) {
				into.Variables = append(into.Variables, v)
			}
		}
		for _, v := range rule.Validations {
			into.Validations = append(into.Validations, v)
			r.owners[into.Name] = append(r.owners[into.Name], controlOf[rule.Name])
		}
	}
	return []policy.Rule{*whole[policy.Baseline], *whole[policy.Restricted]}
}

// check stops the test at the first pod on which they differ.
func (r *referee) check(t *testing.T, pod *corev1.Pod, n *tally) {
	t.Helper()
	n.init()
	object, pod := arrived(t, pod)
	got := r.refused(t, object, pod)
	var want []policy.Control
	for id := range r.profiles {
		if r.oracle.Refuses(id, pod) {
			want = append(want, id)
			n.refused[id]++
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		show(t, pod, "is refused by %v, by PSA's checks %v", got, want)
	}
	for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
		profile := policy.Profile(level)
		admitted := !slices.ContainsFunc(got, func(c policy.Control) bool {
			return r.profiles[c] == policy.Baseline || profile == policy.Restricted
		})
		results := r.evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: r.version}, &pod.ObjectMeta, &pod.Spec)
		if psa := pspolicy.AggregateCheckResults(results); psa.Allowed != admitted {
			show(t, pod, "%s: is admitted: %t, by PSA: %t (%s)", profile, admitted, psa.Allowed, psa.ForbiddenDetail())
		}
		if admitted {
			n.admitted[profile]++
		}
	}
}

// refused gives the controls whose validations fail, sorted.
func (r *referee) refused(t *testing.T, object *unstructured.Unstructured, pod *corev1.Pod) []policy.Control {
	t.Helper()
	review, err := r.judge.Review(context.Background(), admission.Request{Object: object})
	if err != nil {
		t.Fatal(err)
	}
	denials := review.Denials()
	out := make([]policy.Control, 0, len(denials))
	for _, d := range denials {
		if d.Broken {
			show(t, pod, "%s", d.Message)
		}
		out = append(out, r.owners[d.Policy][d.Validation])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func show(t *testing.T, pod *corev1.Pod, format string, args ...any) {
	t.Helper()
	text, err := yaml.Marshal(pod)
	if err != nil {
		t.Error(err)
	}
	t.Fatalf("%s\nthe pod "+format, append([]any{text}, args...)...)
}
