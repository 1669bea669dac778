package proof_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/kyverno"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// deviation is a known one of the published library: what its rules do about a
// control where the standard does not, on pods of some sort.
type deviation struct {
	control  policy.Control
	versions []string // of the standard, at each of which it must be found
	refuses  bool     // else they admit
	sort     string
	of       func(*corev1.Pod) bool
}

// TestRandomPodsFindWhatUpstreamMisses judges random pods by the published rules,
// word for word, and must find every deviation from the standard that is known
// of them. It shows what random pods would find in the chart.
func TestRandomPodsFindWhatUpstreamMisses(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	root := filepath.Join("..", "..", "..", "shared", "upstream", "kyverno-policies", "release-1.17")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no copy of the published library:", err)
	}
	e := upstreamEditions(t, os.DirFS(root), "v1.0", "v1.19", "v1.22", "v1.25", "v1.27", "v1.29", "v1.31", "v1.32", "v1.34", "v1.35", "v1.37")
	open := map[string]deviation{}
	for _, d := range deviations() {
		for _, version := range d.versions {
			open[string(d.control)+" at "+version+": "+d.sort] = d
			if e.pairOf(d.control, version) < 0 {
				t.Fatalf("%s: not held at %s", d.control, version)
			}
		}
	}
	const most = 20_000
	tried := 0
	for ; tried < most && len(open) > 0; tried++ {
		s := arrived(t, randomPod(seeded(4, uint64(tried))))
		refusing := e.refusing(t, "any", admission.Request{Object: s.object})
		for name, d := range open {
			if !d.of(s.pod) {
				continue
			}
			for _, version := range d.versions {
				p := e.pairs[e.pairOf(d.control, version)]
				if refuses := refusing&p.rules != 0; name == string(d.control)+" at "+version+": "+d.sort &&
					refuses == d.refuses && refuses != e.oracle[version].Refuses(d.control, s.pod) {
					delete(open, name)
				}
			}
		}
	}
	for name, d := range open {
		t.Errorf("%s: not found in %d pods that the rules refuse it: %t, and the standard does not", name, tried, d.refuses)
	}
	t.Logf("%d deviations found in %d pods", len(deviations()), tried)
}

func (e *editions) pairOf(id policy.Control, version string) int {
	return slices.IndexFunc(e.pairs, func(p pair) bool { return p.Control == id && slices.Contains(p.versions, version) })
}

// upstreamEditions holds the published rules of both profiles against several
// versions. Which control a rule is about is found by probing.
func upstreamEditions(t *testing.T, library fs.FS, versions ...string) *editions {
	t.Helper()
	var files []kyverno.File
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		names, err := fs.Glob(library, "pod-security-cel/"+string(profile)+"/*/[^.]*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(library, name)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, kyverno.File{Path: name, Profile: profile, Data: data})
		}
	}
	read, err := kyverno.Read(policy.Pin{Source: "library"}, files)
	if err != nil || len(read.Unsupported) > 0 {
		t.Fatal(err, read.Unsupported)
	}
	assessed, err := pss.Assess(pss.Input{Rules: read.Rules, Refuses: refusesByAdmission})
	if err != nil {
		t.Fatal(err)
	}
	controls := map[string][]policy.Control{}
	var rules []policy.Rule
	for _, r := range assessed.Rules {
		if r.Profile != policy.Other {
			rules, controls[r.Name] = append(rules, r), r.Controls
		}
	}
	objs, err := denying(rules)
	if err != nil {
		t.Fatal(err)
	}
	var sets []ruleset
	for _, version := range versions {
		sets = append(sets, ruleset{version, objs, func(p admission.Policy) []policy.Control { return controls[p.Name] }})
	}
	return newEditions(t, sets)
}

// denying converts rules to objects that refuse.
func denying(rules []policy.Rule) (*admission.Objects, error) {
	converted, err := convert.All(rules)
	if err != nil {
		return nil, err
	}
	var objects []runtime.Object
	for _, o := range converted {
		o.Binding.Spec.ValidationActions = []admissionv1.ValidationAction{admissionv1.Deny}
		objects = append(objects, o.Policy, o.Binding)
	}
	return admission.FromObjects(objects...)
}

// refusesByAdmission is a pss.Judge.
func refusesByAdmission(rules []policy.Rule, pods []*corev1.Pod) ([][]bool, error) {
	objs, err := denying(rules)
	if err != nil {
		return nil, err
	}
	judge, err := admission.NewJudge(objs, admission.Options{})
	if err != nil {
		return nil, err
	}
	out := make([][]bool, len(rules))
	for i := range rules {
		out[i] = make([]bool, len(pods))
	}
	for p, pod := range pods {
		object, err := admission.FromTyped(pod)
		if err != nil {
			return nil, err
		}
		review, err := judge.Review(context.Background(), admission.Request{Object: object})
		if err != nil {
			return nil, err
		}
		for _, d := range review.Denials() {
			out[slices.IndexFunc(rules, func(r policy.Rule) bool { return r.Name == d.Policy })][p] = true
		}
	}
	return out, nil
}
