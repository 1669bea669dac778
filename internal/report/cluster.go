package report

import (
	"fmt"

	"github.com/vapchart/vapchart/internal/build"
	"github.com/vapchart/vapchart/internal/psa"
)

// cluster tells of the folder of a cluster.
func (p *printer) cluster(verb string, c build.Cluster) {
	also := ""
	if c.Namespaces > 0 {
		also = ", labels of " + number(c.Namespaces, "namespace")
	}
	p.line(verb, "%s: %s%s", c.Folder, number(c.Objects, "object"), also)
}

// changes tells what the patches of clusters change, those that weaken a rule with
// a word of their own, and which verdicts follow.
func (p *printer) changes(clusters []build.Cluster) {
	for _, c := range clusters {
		for _, change := range c.Changes {
			title, why := "patched", ""
			if change.Weakens != "" {
				title, why = "weakened", " ("+change.Weakens+")"
			}
			p.line(title, "%s: %s: %s%s", c.Name, change.Object, change.What, why)
		}
		if len(c.Changes) > 0 {
			_ = c.Verdicts.Text(&p.out) // a buffer takes everything
		}
	}
}

// labels tells where labels of Pod Security Admission on a cluster's namespaces refuse
// what the policies admit. Namespaces of which the same is told share a line.
func (p *printer) labels(clusters []build.Cluster) {
	for _, c := range clusters {
		var order []string
		in := map[string][]string{}
		add := func(namespace, text string) {
			if in[text] == nil {
				order = append(order, text)
			}
			in[text] = append(in[text], namespace)
		}
		for _, f := range c.BesidePSA.Shadowed {
			add(f.Namespace, refusesAllowed(f))
		}
		for _, s := range c.BesidePSA.Stricter {
			text := fmt.Sprintf("label %s=%s refuses what the policies admit: %s, a pod %s", psa.LabelEnforce, s.Value, s.Control, s.Text)
			if s.Pods > 1 {
				text += fmt.Sprintf(", and %d more", s.Pods-1)
			}
			add(s.Namespace, text)
		}
		for _, text := range order {
			p.line("label", "%s: %s: %s", c.Name, names(in[text]), text)
		}
	}
}
