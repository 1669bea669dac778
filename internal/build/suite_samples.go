package build

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/sample"
)

// samplesOf gives each rule of the chart with the probes of its controls, and with
// the resources of upstream's tests of the policy that it was made from or takes
// the place of.
func (t suiteMaker) samplesOf(controllers bool) []chainsaw.Rule {
	var out []chainsaw.Rule
	for _, r := range t.rules {
		rule := chainsaw.Rule{Name: r.Name, Profile: r.Profile, Controls: r.Controls}
		for _, p := range t.probes {
			about := len(r.Controls) == 0 || len(p.About) == 0 ||
				slices.ContainsFunc(p.About, func(c policy.Control) bool { return slices.Contains(r.Controls, c) })
			if !about {
				continue
			}
			// Of a rule without controls nobody knows what it refuses.
			refused := len(r.Controls) == 0 ||
				slices.ContainsFunc(r.Controls, func(c policy.Control) bool { return t.oracle.Refuses(c, p.Pod) })
			rule.Samples = append(rule.Samples, chainsaw.Sample{
				Name: p.Name, Text: "a pod " + p.Text, Object: p.Pod, Refused: refused, Plain: len(r.Controls) > 0 && len(p.About) == 0,
			})
		}
		i := slices.IndexFunc(t.upstream, func(u policy.Rule) bool { return u.Name == r.Name })
		if i >= 0 {
			file := t.upstream[i].Origin.Path
			rule.Samples = append(rule.Samples, t.fromUpstream(file, controllers)...)
			for _, u := range t.upstream {
				if u.Origin.Path == file && u.Name != r.Name {
					rule.Siblings = append(rule.Siblings, u.Name)
				}
			}
		}
		out = append(out, rule)
	}
	return out
}

// fromUpstream gives the pods of a policy's own tests that are named good or bad,
// and where controllers are denied what makes pods too.
func (t suiteMaker) fromUpstream(policyFile string, controllers bool) []chainsaw.Sample {
	var out []chainsaw.Sample
	for _, r := range sample.TestResources(t.vendored, policyFile) {
		if _, pod := r.Object.(*corev1.Pod); !pod && !controllers {
			continue
		}
		says := r.Name + " " + path.Base(r.File)
		bad, good := strings.Index(says, "bad"), strings.Index(says, "good")
		if bad < 0 && good < 0 {
			continue
		}
		out = append(out, chainsaw.Sample{
			Name: r.Name, Text: r.Kind + " " + r.Name, Object: r.Object, Origin: r.File,
			Refused: good < 0 || bad >= 0 && bad < good,
		})
	}
	return out
}
