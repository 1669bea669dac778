// Package build makes everything that one project's policies come to: the chart, the
// overlay of every cluster, and the Chainsaw suite. It is the verb `build`, and the last
// part of `bump` and `release`.
//
// It takes a project, or rules that were read already, and proves what it makes before
// it writes any of it: compiled, linted and rendered, for every supported Kubernetes.
// All folders are put into place together, or none is. Result is what it made, for a
// report. With Check nothing is written, and drift is an error marked term.Finding.
package build

import (
	"context"
	"errors"
	"path"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// Options are the flags of the verb `build`, by their names. With Check nothing is
// written, with Force folders that were changed by hand are replaced.
type Options struct {
	Check, Force    bool
	SkipUnsupported bool
	PackageDir      string
	Values          []string
}

// Run makes everything and puts it into place, or says how what is there differs.
func Run(ctx context.Context, s term.Streams, p *project.Project, f Options) (summary Result, err error) {
	out := NewOutputs(p, f)
	defer func() { err = errors.Join(err, out.Discard()) }()
	made, err := All(ctx, s, p, f, out)
	if err != nil {
		return summary, err
	}
	if err := out.Finish(s); err != nil {
		return summary, err
	}
	summary = made.summary
	summary.Checked = f.Check
	summary.Archive, err = writeArchive(made.Plan, f.PackageDir, made.Chart)
	return summary, err
}

// Made is what a build makes besides the folders that it puts out.
type Made struct {
	rules.Project
	Coverage []byte // the table, in Markdown
	Chart    tree.Tree
	summary  Result
}

// All names every stage, in order. Each takes what the one before gave;
// nothing is put into place before all of them have passed.
func All(ctx context.Context, s term.Streams, p *project.Project, f Options, out *Outputs) (Made, error) {
	in, err := rules.ReadProject(ctx, p, f.SkipUnsupported)
	if err != nil {
		return Made{}, err
	}
	return From(ctx, s, p, in, f.Values, out)
}

// From names the stages behind the reading, which may be of a version that is
// not in the project yet.
func From(ctx context.Context, s term.Streams, p *project.Project, in rules.Project, valuesFiles []string, out *Outputs) (Made, error) {
	plan, assessed := in.Plan, rules.Newest(in.Editions)
	folder := path.Join(project.ChartsDir, plan.Chart.Name)
	input, err := ChartInput(in, folder)
	if err != nil {
		return Made{}, err
	}
	files, err := chart.Build(input)
	if err != nil {
		return Made{}, err
	}
	values, err := cluster.ReadValues(s, files, valuesFiles)
	if err != nil {
		return Made{}, err
	}
	checker := in.Library.Checker
	if err := ProveChart(ctx, plan, input, files, values, checker); err != nil {
		return Made{}, err
	}
	tests, err := newSuiteMaker(in, files)
	if err != nil {
		return Made{}, err
	}
	if err := out.put(ctx, Folder{folder, files}); err != nil {
		return Made{}, err
	}
	summary := summarize(input, in.Upstream, assessed)
	if len(plan.Clusters) > 0 {
		b := clusterBuilder{s: s, p: p, made: files, out: out, checker: checker}
		summary.Clusters, err = b.build(ctx, plan.Clusters)
	}
	if err != nil {
		return Made{}, err
	}
	suite, err := suiteOf(ctx, p, plan, tests, valuesFiles, values)
	if err != nil {
		return Made{}, err
	}
	summary.Tests = tests.tell(ChainsawDir, suite)
	return Made{in, input.Coverage, files, summary}, out.put(ctx, Folder{ChainsawDir, suite.Files})
}
