package migrate

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// target is where the values that are made go.
type target struct {
	below      map[string]any // the values under them: of all clusters and the group, or those given
	own        map[string]any // of the file whose place they take; nil without a cluster
	kubernetes string
}

// all gives the values as they are now.
func (l target) all() map[string]any { return chart.Merge(l.below, l.own) }

// readTarget reads the values of the cluster, or those that are named.
func readTarget(s term.Streams, p *project.Project, files tree.Tree, f Options) (target, error) {
	if f.Cluster == "" {
		values, err := cluster.ReadValues(s, files, f.Values)
		return target{below: values, kubernetes: admission.Newest()}, err
	}
	plan, _, err := p.Load()
	if err != nil {
		return target{}, err
	}
	c, err := project.FindCluster(plan, f.Cluster)
	if err != nil {
		return target{}, err
	}
	names, err := project.ClusterFiles(p, c)
	if err != nil {
		return target{}, err
	}
	own := names[len(names)-1]
	if info, err := os.Stat(own); err == nil && info.Size() == 0 {
		return target{}, policy.WithHint(fmt.Errorf("read values: %s is empty", filepath.ToSlash(own)),
			"a shell that writes to this file empties it before it is read: write to another, then move that here")
	}
	if _, err := cluster.ReadValues(s, files, names); err != nil { // of all together, since one may end what another begins
		return target{}, err
	}
	out := target{kubernetes: c.Kubernetes}
	if out.below, err = chart.ReadValues(names[:len(names)-1]); err != nil {
		return target{}, err
	}
	out.own, err = chart.ReadValues(names[len(names)-1:])
	return out, err
}
