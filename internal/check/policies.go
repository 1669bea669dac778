package check

import (
	"errors"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
)

// renderPolicies gives the objects that an install of the chart with these
// values would create. Those of a cluster are compiled as its API server will:
// a version may not know what the newest knows.
func renderPolicies(s term.Streams, p *project.Project, f Options, of *project.Cluster) (*admission.Objects, error) {
	files, chartErr := cluster.ReadChart(p, f.Chart)
	values, err := cluster.ReadValues(s, files, f.Values)
	if of != nil {
		err = project.ClusterError([]string{of.Name}, err)
	}
	if err := errors.Join(chartErr, err); err != nil {
		return nil, err
	}
	if of == nil {
		rendered, err := f.cache(s).Render(files, values, cluster.ReleaseOn(f.Kubernetes))
		if err != nil {
			return nil, err
		}
		return cluster.LoadRendered(rendered)
	}
	objs, err := cluster.Objects(p, f.cache(s), files, values, *of, f.Kubernetes)
	if err == nil {
		err = cluster.Check(admission.NewChecker(), objs, []string{f.Kubernetes})
	}
	return objs, project.ClusterError([]string{of.Name}, err)
}
