package proof_test

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	pspolicy "k8s.io/pod-security-admission/policy"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

var (
	randomPods = flag.Int("pods", 1500, "how many random pods TestRandomPods judges")
	randomSeed = flag.Uint64("seed", 1, "the seed of TestRandomPods")
)

// TestRandomPods judges random pods by the chart at every version of the
// standard, in a namespace of each profile, and by Pod Security Admission. They
// must agree on every control and on the whole. What the pods came to is counted,
// since pods that violate everything or nothing would prove nothing.
func TestRandomPods(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	if *randomPods >= 10_000 {
		defer debug.SetGCPercent(debug.SetGCPercent(800))
	}
	e := chartEditions(t, append(pss.Breakpoints(), "v1.18", "v1.24", "v1.30", pss.Latest)...)
	evaluator, err := pspolicy.NewEvaluator(pspolicy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	n, start := *randomPods, time.Now()
	var next, mismatches atomic.Int64
	counts := make([]counts, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for w := range counts {
		group.Go(func() {
			for i := next.Add(1); i <= int64(n) && mismatches.Load() < 10; i = next.Add(1) {
				if i%50_000 == 0 {
					t.Logf("%d pods, %d mismatches, after %s", i, mismatches.Load(), time.Since(start).Round(time.Second))
				}
				data := seeded(*randomSeed, uint64(i))
				s := arrived(t, randomPod(data))
				found, refused := e.compare(t, s)
				if len(found) > 0 {
					mismatches.Add(1)
					e.report(t, fmt.Sprintf("pod %d of seed %d", i, *randomSeed), data)
					continue
				}
				version := e.versions[int(i)%len(e.versions)]
				counts[w].add(e, refused)
				counts[w].stricter += e.compareWhole(t, evaluator, version, s, refused)
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	t.Logf("%d pods, %d mismatches, %.0f pods a second: in each profile, at each of %v", n, mismatches.Load(), float64(n)/took.Seconds(), e.versions)
	for _, more := range counts[1:] {
		counts[0].merge(more)
	}
	counts[0].check(t, e, n)
}

// compareWhole holds the verdict of each profile at a version, as the chart's
// policies give it, against the one that Pod Security Admission comes to. It
// gives the number of verdicts that differ as they may.
//
// In one case they differ. From v1.25 on its restricted does not look at seccomp
// and capabilities of a pod for Windows, and overrides the checks of baseline
// which would: so it admits there what its own baseline refuses. The chart's
// restricted holds baseline too. No such pod can be made, for the API refuses
// these fields in a pod for Windows.
func (e *editions) compareWhole(t testing.TB, evaluator pspolicy.Evaluator, version string, s sample, refused []bool) (stricter int) {
	t.Helper()
	v, err := api.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
		results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: v}, &s.pod.ObjectMeta, &s.pod.Spec)
		want := pspolicy.AggregateCheckResults(results)
		violated := e.violated(policy.Profile(level), version, refused)
		got := len(violated) == 0
		if got != want.Allowed && want.Allowed && isWindows(s.pod) && !slices.ContainsFunc(violated, func(i int) bool {
			return slices.Contains(e.oracle[version].Runs(policy.Profile(level)), e.pairs[i].Control)
		}) {
			stricter++
			continue
		}
		if got != want.Allowed {
			t.Errorf("%s at %s: admitted: %t, by Pod Security Admission: %t (%s), of\n%s", level, version, got, want.Allowed,
				want.ForbiddenDetail(), texted(t, s.object))
		}
	}
	return stricter
}

// violated gives the pairs of a profile at a version whose rules refuse.
func (e *editions) violated(profile policy.Profile, version string, refused []bool) []int {
	var out []int
	for i, p := range e.pairs {
		if refused[i] && slices.Contains(p.versions, version) && (p.profile == policy.Baseline || p.profile == profile) {
			out = append(out, i)
		}
	}
	return out
}

// counts say what random pods came to, by pair, and by version and profile.
type counts struct {
	refused, alone map[int]int
	admitted       map[string]int
	stricter       int // verdicts on pods for Windows, see compareWhole
}

func (c *counts) add(e *editions, refused []bool) {
	if c.refused == nil {
		c.refused, c.alone, c.admitted = map[int]int{}, map[int]int{}, map[string]int{}
	}
	for i, r := range refused {
		if r {
			c.refused[i]++
		}
	}
	for _, version := range e.versions {
		for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
			switch v := e.violated(profile, version, refused); {
			case len(v) == 0:
				c.admitted[string(profile)+" "+version]++
			case len(v) == 1 && e.pairs[v[0]].profile == profile:
				c.alone[v[0]]++
			}
		}
	}
}

func (c *counts) merge(more counts) {
	for i := range more.refused {
		c.refused[i] += more.refused[i]
	}
	for i := range more.alone {
		c.alone[i] += more.alone[i]
	}
	for k := range more.admitted {
		c.admitted[k] += more.admitted[k]
	}
	c.stricter += more.stricter
}

func (c *counts) check(t *testing.T, e *editions, n int) {
	t.Helper()
	for i, p := range e.pairs {
		name := fmt.Sprintf("%s of %s", p.Control, p.since)
		t.Logf("%s: %d refused, %d verdicts of a profile by it alone", name, c.refused[i], c.alone[i])
		if c.refused[i] < n/100 || c.refused[i] > n*3/4 {
			t.Errorf("%s refuses %d of %d pods", name, c.refused[i], n)
		}
		if c.alone[i] < n/1000 {
			t.Errorf("%s is the only one to refuse %d of %d pods", name, c.alone[i], n)
		}
	}
	if t.Logf("%d verdicts stricter on Windows", c.stricter); c.stricter == 0 {
		t.Error("no pod for Windows is refused which Pod Security Admission admits: is compareWhole still right?")
	}
	for _, version := range e.versions {
		for profile, least := range map[policy.Profile]int{policy.Baseline: n / 10, policy.Restricted: n / 20} {
			if got := c.admitted[string(profile)+" "+version]; got < least {
				t.Errorf("%s at %s admits %d of %d pods", profile, version, got, n)
			}
		}
	}
}

func isWindows(p *corev1.Pod) bool { return p.Spec.OS != nil && p.Spec.OS.Name == corev1.Windows }
