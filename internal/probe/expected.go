package probe

import (
	"errors"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// inputs is what the expected objects are made of.
type inputs struct {
	files  tree.Tree        // the chart
	given  map[string]any   // values, without the chart's own
	listed *project.Cluster // the one of --cluster; nil without
}

// readInputs reads the chart and the values: those of the files that are named, or
// of the cluster of vapchart.yaml.
func readInputs(s term.Streams, p *project.Project, f Options) (inputs, error) {
	var out inputs
	if f.Cluster != "" {
		plan, _, err := p.Load()
		if err != nil {
			return out, err
		}
		c, err := project.FindCluster(plan, f.Cluster)
		if err != nil {
			return out, err
		}
		out.listed = &c
	}
	var chartErr, err error
	out.files, chartErr = cluster.ReadChart(p, f.Chart)
	if out.listed == nil {
		out.given, err = cluster.ReadValues(s, out.files, f.Values)
	} else {
		out.given, err = cluster.Values(s, p, out.files, *out.listed)
		err = project.ClusterError([]string{f.Cluster}, err)
	}
	return out, errors.Join(chartErr, err)
}

// objects gives what a cluster of some Kubernetes version should have: what the
// chart renders, and with --cluster as the cluster's kustomization leaves that.
func (in inputs) objects(p *project.Project, kubernetes, release string) (*admission.Objects, error) {
	if in.listed == nil {
		return cluster.RenderRelease(in.files, in.given, kubernetes, release)
	}
	objs, err := cluster.Objects(p, cluster.Cache{}, in.files, in.given, *in.listed, kubernetes)
	return objs, project.ClusterError([]string{in.listed.Name}, err)
}
