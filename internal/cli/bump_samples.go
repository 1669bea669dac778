package cli

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/bump"
	"github.com/vapchart/vapchart/internal/podspec"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/upstream"
)

// triedPod is a pod before it is known which cluster could take it.
type triedPod struct {
	name, text, origin string
	pod                *corev1.Pod
}

// upstreamPods gives the pods of upstream's own tests of a version, and those that its
// test controllers would make.
func upstreamPods(v projectRules) ([]triedPod, error) {
	policies, err := upstream.Policies(v.vendored, v.plan.Select)
	if err != nil {
		return nil, err
	}
	var out []triedPod
	for _, p := range policies {
		for _, r := range testResources(v.vendored, p.Path) {
			template := podspec.Template(r.object)
			text := "the pod " + r.name
			if r.kind != "Pod" {
				text = "a pod of " + r.kind + " " + r.name
			}
			pod := &corev1.Pod{Spec: *template.Spec.DeepCopy()}
			pod.Labels, pod.Annotations = template.Labels, template.Annotations
			pod.APIVersion, pod.Kind, pod.Name = "v1", "Pod", "sample"
			out = append(out, triedPod{"upstream/" + r.name, text + " of upstream's " + path.Base(path.Dir(strings.TrimPrefix(p.Path, "/"))) + " tests", r.file, pod})
		}
	}
	return out, nil
}

// boundaryPods gives the pods that stand where the rules that changed draw a line, on
// either side.
func boundaryPods(d bump.Diff, sides ...[]policy.Rule) ([]triedPod, error) {
	differs := map[string]bool{}
	for _, name := range append(append([]string{}, d.Added...), d.Removed...) {
		differs[name] = true
	}
	for _, c := range d.Changed {
		if c.Kind == bump.Meaning {
			differs[c.Rule], differs[c.Was] = true, true
		}
	}
	var rules []policy.Rule
	for _, side := range sides {
		for _, r := range side {
			if differs[r.Name] {
				rules = append(rules, r)
			}
		}
	}
	tries, err := bump.Boundary(pss.Creatable()[0].Pod, rules)
	var out []triedPod
	for _, t := range tries {
		out = append(out, triedPod{t.Name, "a pod " + t.Text, "", t.Pod})
	}
	return out, err
}
