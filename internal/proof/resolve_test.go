package proof_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	typed "github.com/vapchart/vapchart/internal/values"
)

// entry is what holds in a namespace.
type entry struct {
	profile, warn, audit policy.Profile
	exceptions, exclude  []string
}

// fits says whether a name matches a glob, without regular expressions.
func fits(glob, name string) bool {
	head, rest, star := strings.Cut(glob, "*")
	if !star {
		return glob == name
	}
	if !strings.HasPrefix(name, head) {
		return false
	}
	for at := len(head); at <= len(name); at++ {
		if fits(rest, name[at:]) {
			return true
		}
	}
	return false
}

func weight(glob string) int { return len(glob) - strings.Count(glob, "*") }

// resolve gives the key that decides for a name: the name itself, or the glob
// with most letters; "" for the defaults.
func resolve(keys map[string]entry, name string) string {
	if _, ok := keys[name]; ok {
		return name
	}
	best := ""
	for key := range keys {
		if strings.Contains(key, "*") && fits(key, name) && (best == "" || weight(key) > weight(best)) {
			best = key
		}
	}
	return best
}

// randomName gives a short name of few letters, so that globs mostly fit some.
func randomName(random *rand.Rand, letters string) string {
	out := make([]byte, 1+random.IntN(6))
	for i := range out {
		out[i] = letters[random.IntN(len(letters))]
	}
	if out[0] == '-' {
		out[0] = 'a'
	}
	if last := len(out) - 1; out[last] == '-' {
		out[last] = 'b'
	}
	return string(out)
}

func randomEntry(random *rand.Rand) entry {
	words := []policy.Profile{"privileged", policy.Baseline, policy.Restricted}
	e := entry{profile: words[random.IntN(3)], warn: words[random.IntN(3)], audit: words[random.IntN(3)]}
	holds := func(p policy.Profile) bool { return slices.Contains([]policy.Profile{e.profile, e.warn, e.audit}, p) }
	if holds(policy.Baseline) || holds(policy.Restricted) {
		for _, name := range []string{"ptrace", "pid"} {
			if random.IntN(3) == 0 {
				e.exceptions = append(e.exceptions, name)
			}
		}
	}
	if holds(policy.Restricted) && random.IntN(3) == 0 {
		e.exclude = append(e.exclude, "require-run-as-non-root-user")
	}
	return e
}

func (e entry) values() values {
	return values{"profile": string(e.profile), "warn": string(e.warn), "audit": string(e.audit),
		"exceptions": anys(e.exceptions), "exclude": anys(e.exclude)}
}

// TestMostSpecificKeyDecides renders random keys, names and globs that overlap,
// and compares what holds in random namespaces, by the chart and by the typed values,
// with a resolver of its own.
func TestMostSpecificKeyDecides(t *testing.T) {
	random, pods := rand.New(rand.NewPCG(3, 4)), indicators(t)
	byKind := map[string]int{}
	for range 6 {
		keys := randomKeys(random)
		fallback := randomEntry(random)
		fallback.exceptions, fallback.exclude = nil, nil
		w, whole := installKeys(t, pods, keys, fallback)
		for range 40 {
			name := randomName(random, "ab-x")
			key := resolve(keys, name)
			e := fallback
			if key != "" {
				e = keys[key]
			}
			switch {
			case key == name:
				byKind["exact"]++
			case key != "":
				byKind["glob"]++
			default:
				byKind["defaults"]++
			}
			for _, pod := range pods {
				if got, want := entryOf(whole.In(name, nil)).effect(pod), e.effect(pod); got != want {
					t.Errorf("%s in %s by key %q: the typed values say %s, want %s; keys %v", pod.name, name, key, got, want, keys)
				}
				if got, want := w.effect(t, name, pod), e.effect(pod); got != want {
					t.Errorf("%s in %s by key %q %+v: got %s, want %s; keys %v", pod.name, name, key, e, got, want, keys)
				}
			}
		}
	}
	if byKind["exact"] < 8 || byKind["glob"] < 60 || byKind["defaults"] < 30 {
		t.Errorf("the names are no good: %v", byKind)
	}
}

// randomKeys gives keys of which no two globs compete.
func randomKeys(random *rand.Rand) map[string]entry {
	keys := map[string]entry{"ab": randomEntry(random), "a-b": randomEntry(random)}
	for range 14 {
		keys[randomName(random, "ab*")] = randomEntry(random)
	}
	for a := range keys {
		for b := range keys {
			if a < b && strings.Contains(a, "*") && strings.Contains(b, "*") && weight(a) == weight(b) {
				delete(keys, b)
			}
		}
	}
	return keys
}

// installKeys installs the few rules that the indicators are about.
func installKeys(t *testing.T, pods []indicator, keys map[string]entry, fallback entry) (*world, typed.Values) {
	t.Helper()
	namespaces := values{"kube-system": nil}
	for key, e := range keys {
		namespaces[key] = e.values()
	}
	v := parse(t, `{controllers: "off", exceptions: {ptrace: {reason: a test, allow: {capabilities: [SYS_PTRACE]}}, pid: {reason: a test, allow: {hostNamespaces: [hostPID]}}}}`)
	defaults := fallback.values()
	delete(defaults, "exceptions")
	delete(defaults, "exclude")
	v["namespaces"], v["defaults"] = namespaces, defaults
	objs := loadOnly(t, v, func(name string) bool {
		return slices.ContainsFunc(pods, func(i indicator) bool { return strings.HasPrefix(name, i.rule) })
	})
	judge, err := admission.NewJudge(objs, admission.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &world{judge: judge}, decoded(t, v)
}

// indicator is a pod that violates one rule and nothing else.
type indicator struct {
	sample
	rule      string
	profile   policy.Profile
	exception string
}

func indicators(t testing.TB) []indicator {
	t.Helper()
	out := []indicator{
		{rule: "disallow-host-namespaces", profile: policy.Baseline, exception: "pid"},
		{rule: "disallow-capabilities-adding-capabilities", profile: policy.Baseline, exception: "ptrace"},
		{rule: "require-run-as-non-root-user", profile: policy.Restricted},
	}
	compliant := pss.Probes()[0].Pod
	for i, name := range []string{"hostNamespaces/hostPID", "capabilities_baseline/SYS_PTRACE@app", "runAsUser/root"} {
		pod := compliant.DeepCopy()
		switch i {
		case 0:
			pod.Spec.HostPID = true
		case 1:
			pod.Spec.Containers[0].SecurityContext.Capabilities.Add = append(pod.Spec.Containers[0].SecurityContext.Capabilities.Add, "SYS_PTRACE")
		default:
			pod.Spec.SecurityContext.RunAsUser = new(int64(0))
		}
		out[i].sample = sampleOf(t, name, pod)
	}
	return out
}

// effect gives what becomes of the indicator by its rule.
func (e entry) effect(i indicator) string {
	holds := func(p policy.Profile) bool { return p == policy.Restricted || p == i.profile }
	switch {
	case slices.Contains(e.exclude, i.rule), i.exception != "" && slices.Contains(e.exceptions, i.exception):
		return fmt.Sprint(false, false, false)
	case holds(e.profile):
		return fmt.Sprint(true, false, false)
	default:
		return fmt.Sprint(false, holds(e.warn), holds(e.audit))
	}
}

func (w *world) effect(t *testing.T, namespace string, i indicator) string {
	t.Helper()
	review := w.ask(t, namespace, admission.Request{Object: i.object})
	annotations, err := review.AuditAnnotations()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(!review.Allowed(), len(review.Warnings()) > 0, len(annotations) > 0)
}
