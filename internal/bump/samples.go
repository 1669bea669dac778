package bump

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/upstream"
)

// triedPod is a pod before it is known which cluster could take it.
type triedPod struct {
	name, text, origin string
	pod                *corev1.Pod
}

// upstreamPods gives the pods of upstream's own tests of a version, and those that its
// test controllers would make.
func upstreamPods(v rules.Project) ([]triedPod, error) {
	policies, err := upstream.Policies(v.Vendored, v.Plan.Select)
	if err != nil {
		return nil, err
	}
	var out []triedPod
	for _, p := range policies {
		for _, r := range sample.TestResources(v.Vendored, p.Path) {
			template := sample.Template(r.Object)
			text := "the pod " + r.Name
			if r.Kind != "Pod" {
				text = "a pod of " + r.Kind + " " + r.Name
			}
			pod := &corev1.Pod{Spec: *template.Spec.DeepCopy()}
			pod.Labels, pod.Annotations = template.Labels, template.Annotations
			pod.APIVersion, pod.Kind, pod.Name = "v1", "Pod", "sample"
			out = append(out, triedPod{"upstream/" + r.Name, text + " of upstream's " + path.Base(path.Dir(strings.TrimPrefix(p.Path, "/"))) + " tests", r.File, pod})
		}
	}
	return out, nil
}

// boundaryPods gives the pods that stand where the rules that changed draw a line, on
// either side.
func boundaryPods(d Diff, sides ...[]policy.Rule) ([]triedPod, error) {
	differs := map[string]bool{}
	for _, name := range append(append([]string{}, d.Added...), d.Removed...) {
		differs[name] = true
	}
	for _, c := range d.Changed {
		if c.Kind == Meaning {
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
	tries, err := Boundary(sample.Creatable()[0].Pod, rules)
	var out []triedPod
	for _, t := range tries {
		out = append(out, triedPod{t.Name, "a pod " + t.Text, "", t.Pod})
	}
	return out, err
}
