package pss_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	pspolicy "k8s.io/pod-security-admission/policy"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// A release of Kubernetes with a new check fails here until there are probes
// for it.
func TestEveryCheckHasProbes(t *testing.T) {
	const want = 4
	oracle, err := pss.NewOracle(pss.Latest)
	if err != nil {
		t.Fatal(err)
	}
	probes := pss.Probes()
	for _, c := range pspolicy.DefaultChecks() {
		id, profile := policy.Control(c.ID), policy.Profile(c.Level)
		refused, allowed := 0, 0
		for _, p := range probes {
			if slices.Equal(oracle.Refused(profile, p.Pod), []policy.Control{id}) {
				refused++
			}
			if slices.Contains(p.About, id) && !oracle.Refuses(id, p.Pod) {
				allowed++
			}
		}
		if refused < want || allowed < want {
			t.Errorf("%s: %d probes are refused by it alone and %d of its own are allowed, want %d of each", id, refused, allowed, want)
		}
	}
}

func TestEveryCheckHasATitle(t *testing.T) {
	controls := pss.Controls()
	if got, want := len(controls), len(pspolicy.DefaultChecks()); got != want {
		t.Errorf("%d controls, want %d", got, want)
	}
	for _, c := range controls {
		if c.Title == string(c.ID) || c.Title == "" {
			t.Errorf("%s has no title", c.ID)
		}
	}
}

func TestProbesAreWellFormed(t *testing.T) {
	probes, again := pss.Probes(), pss.Probes()
	seen := map[string]bool{}
	texts := map[string]bool{}
	for i, p := range probes {
		if seen[p.Name] {
			t.Errorf("%s: the name is there twice", p.Name)
		}
		if texts[p.Text] {
			t.Errorf("%s: the text %q is there twice", p.Name, p.Text)
		}
		seen[p.Name], texts[p.Text] = true, true
		if p.Name != again[i].Name || p.Pod == again[i].Pod {
			t.Errorf("%s: two calls must give the same order and other pods", p.Name)
		}
		// What does not outlive the API's encoding never reaches a policy.
		data, err := json.Marshal(p.Pod)
		if err != nil {
			t.Fatal(err)
		}
		var back corev1.Pod
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if data2, err := json.Marshal(&back); err != nil || !bytes.Equal(data, data2) {
			t.Errorf("%s: differs after a round trip (%v)", p.Name, err)
		}
		// Nor does what defaults would turn into something else.
		if _, pod := arrived(t, p.Pod); !slices.Equal(askAlone(t, pss.Latest, policy.Restricted, pod), askAlone(t, pss.Latest, policy.Restricted, p.Pod)) {
			t.Errorf("%s: means something else with the API's defaults", p.Name)
		}
		if len(p.Pod.Spec.Containers) == 0 {
			t.Errorf("%s: has no container", p.Name)
		}
	}
}

// The oracle asks checks one by one; PSA's evaluator knows which of them run.
func TestOracleAgreesWithPSA(t *testing.T) {
	evaluator, err := pspolicy.NewEvaluator(pspolicy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	probes := pss.Probes()
	for _, version := range versions() {
		oracle, err := pss.NewOracle(version)
		if err != nil {
			t.Fatal(err)
		}
		v, err := api.ParseVersion(version)
		if err != nil {
			t.Fatal(err)
		}
		for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
			for _, p := range probes {
				results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: v}, &p.Pod.ObjectMeta, &p.Pod.Spec)
				want := 0
				for _, r := range results {
					if !r.Allowed {
						want++
					}
				}
				profile := policy.Profile(level)
				if got := oracle.Refused(profile, p.Pod); len(got) != want || len(oracle.Runs(profile)) != len(results) {
					t.Errorf("%s %s: %s: refused by %v, PSA has %d of %d", version, level, p.Name, got, want, len(results))
				}
			}
		}
	}
}

func TestOracleRefusesVersion(t *testing.T) {
	for _, version := range []string{"", "1.30", "v2.0", "v1.30.1", "newest"} {
		if _, err := pss.NewOracle(version); err == nil {
			t.Errorf("version %q is taken", version)
		}
	}
}

// versions gives every version at which some check changed, the one before it,
// the newest and one that is yet to come.
func versions() []string {
	out := []string{"latest", "v1.99"}
	for _, c := range pspolicy.DefaultChecks() {
		for _, r := range c.Versions {
			out = append(out, r.MinimumVersion.String())
			if minor := r.MinimumVersion.Minor(); minor > 0 {
				before := api.MajorMinorVersion(1, minor-1)
				out = append(out, before.String())
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
