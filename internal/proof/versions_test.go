package proof_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// TestStandardVersions judges by the chart at every version at which the standard
// changes, and at some between: Pod Security Admission's own pods of that version,
// and of the probes and of all pods with each exception a part (-full: all). The controls that refuse must
// be those that refuse at that version, less what the exception allows.
func TestStandardVersions(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	c := readCatalogue(t)
	var places []place
	for _, p := range c.places() {
		if len(p.exceptions) < 2 {
			places = append(places, p)
		}
	}
	var probes []sample
	for _, p := range pss.Probes() {
		probes = append(probes, sampleOf(t, p.Name, p.Pod.DeepCopy()))
	}
	versions := append(pss.Breakpoints(), "v1.24", "v1.36", "v1.99")
	inParallel(versions, func(version string) {
		oracle := oracleOf(t, version)
		w := install(t, with(byName(c, places), values{"standardVersion": version}))
		pods := slices.Clone(probes)
		if version != "v1.99" {
			pods = append(pods, fixturesOf(t, version)...)
		}
		tried := 0
		for _, at := range places {
			for _, pod := range pods {
				if !*full && !triedAt(version, at, pod) {
					continue
				}
				tried++
				want, got := c.expected(oracle, at, pod), w.refusing(w.ask(t, at.name, admission.Request{Object: pod.object}))
				if !slices.Equal(want, got) {
					t.Errorf("%s: %s in %v: refused by %v, want %v", version, pod.name, at, got, want)
				}
			}
		}
		t.Logf("%s: %d verdicts", version, tried)
	})
}

// triedAt says whether a pod is judged in a place at a version: fixtures wherever
// there is no exception, of the rest a part. Every probe was judged by the rules of
// every version when the chart was built.
func triedAt(version string, at place, pod sample) bool {
	switch {
	case len(at.exceptions) > 0:
		return oneIn(40, version+at.name+pod.name)
	case strings.HasPrefix(pod.name, string(policy.Baseline)+"/v1."), strings.HasPrefix(pod.name, string(policy.Restricted)+"/v1."):
		return true
	default:
		return oneIn(4, version+pod.name)
	}
}

// TestOneVersionToTheNext holds that another version of the standard changes just
// the policies of the controls that it changes.
func TestOneVersionToTheNext(t *testing.T) {
	versions := pss.Breakpoints()
	v := with(silent(), values{"defaults": values{"profile": "restricted", "warn": "restricted", "audit": "restricted"}})
	before := specs(t, with(v, values{"standardVersion": versions[0]}))
	for _, version := range versions[1:] {
		after := specs(t, with(v, values{"standardVersion": version}))
		var changed []string
		for name := range maps.Keys(union(before, after)) {
			if before[name].spec != after[name].spec {
				changed = append(changed, before[name].controls+after[name].controls)
			}
		}
		var want []string
		for _, info := range oracleOf(t, version).Controls() {
			if info.Since == version {
				want = append(want, string(info.ID))
			}
		}
		for _, id := range want {
			if !slices.ContainsFunc(changed, func(c string) bool { return strings.Contains(c, id) }) {
				t.Errorf("%s changes %s, and no policy of it changes", version, id)
			}
		}
		for _, c := range changed {
			if !slices.ContainsFunc(want, func(id string) bool { return strings.Contains(c, id) }) {
				t.Errorf("%s changes %v, and a policy of %s changes", version, want, c)
			}
		}
		before = after
	}
}

// written is a policy as it is rendered.
type written struct{ controls, spec string }

func specs(t *testing.T, v values) map[string]written {
	t.Helper()
	out := map[string]written{}
	for _, p := range load(t, v).Policies {
		text, err := manifest.Encode(p.Spec)
		if err != nil {
			t.Fatal(err)
		}
		out[p.Name] = written{controls: p.Annotations["vapchart.dev/controls"], spec: string(text)}
	}
	return out
}

func union(a, b map[string]written) map[string]written {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
