package build

import (
	"context"
	"errors"
	"fmt"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/term"
)

// SuiteOptions are the flags of the verb `chainsaw`: whose suite, and into which folder.
type SuiteOptions struct {
	Cluster, Out string
	Force        bool
}

// ClusterSuite names the stages.
func ClusterSuite(ctx context.Context, s term.Streams, p *project.Project, f SuiteOptions) (told chainsaw.Suite, err error) {
	plan, _, err := p.Load()
	if err != nil {
		return told, err
	}
	of, err := project.FindCluster(plan, f.Cluster)
	if err != nil {
		return told, err
	}
	in, err := rules.ReadProject(ctx, p, true) // as whichever build made the chart
	if err != nil {
		return told, err
	}
	input, err := ChartInput(in, "")
	if err != nil {
		return told, err
	}
	files, err := chart.Build(input)
	if err != nil {
		return told, err
	}
	values, err := cluster.Values(s, p, files, of)
	if err != nil {
		return told, project.ClusterError([]string{of.Name}, err)
	}
	objs, err := cluster.Objects(p, cluster.Cache{}, files, values, of, of.Kubernetes)
	if err == nil {
		err = cluster.Check(admission.NewChecker(), objs, []string{of.Kubernetes})
	}
	if err != nil {
		return told, project.ClusterError([]string{of.Name}, err)
	}
	tests, err := newSuiteMaker(in, files)
	if err != nil {
		return told, err
	}
	suite, err := tests.tests(ctx, values, nil, objs, of.Kubernetes)
	if err != nil {
		return told, fmt.Errorf("cluster %s: %w", of.Name, err)
	}
	out := NewOutputs(&project.Project{}, Options{Force: f.Force}) // the folder need not be the project's
	defer func() { err = errors.Join(err, out.Discard()) }()
	if err := out.put(ctx, Folder{f.Out, suite.Files}); err != nil {
		return told, err
	}
	if err := out.Finish(s); err != nil {
		return told, err
	}
	return tests.tell(f.Out, suite), nil
}
