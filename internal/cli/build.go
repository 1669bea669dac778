package cli

import (
	"context"
	"errors"
	"path"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/tree"
)

type buildFlags struct {
	check, force    bool
	skipUnsupported bool
	packageDir      string
	values          []string
}

func newBuild(s Streams, p *project) *cobra.Command {
	var f buildFlags
	cmd := &cobra.Command{
		Use:   "build",
		Short: "make the chart from the vendored policies",
		Long: `build verifies the vendored policies by their lock, converts every rule, holds
the result against the Pod Security Standards, corrects what deviates (see
standard in vapchart.yaml) and writes ` + chartsDir + `/<name>. What it writes has
been compiled, linted and rendered before. The same input gives the same bytes.

Beside the chart it writes a Chainsaw suite of every rule and exception into
` + chainsawDir + `: by --values, or else by what all clusters share. "vapchart chainsaw"
makes that of one cluster.

Where a cluster's kustomization labels namespaces for Pod Security Admission, it says
in which of them that refuses what an exception allows, or what the policies admit.

Exit codes: 0 done, 1 failed, 2 usage, 3 the chart or the vendored policies
differ from what they should be.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			summary, err := build(cmd.Context(), s, p, f)
			if err != nil {
				return err
			}
			return summary.Text(s.Out)
		},
	}
	cmd.Flags().BoolVar(&f.check, "check", false, "write nothing, show how what is there differs")
	cmd.Flags().BoolVar(&f.force, "force", false, "replace generated files that were changed by hand")
	cmd.Flags().BoolVar(&f.skipUnsupported, "skip-unsupported", false, "leave out and list rules that cannot be native")
	cmd.Flags().StringVar(&f.packageDir, "package", "", "also write the chart's archive into `folder`")
	cmd.Flags().StringArrayVar(&f.values, "values", nil, "values `file` to prove the chart with, and to make the Chainsaw suite of; may be repeated, later ones win")
	return cmd
}

// build makes everything and puts it into place, or says how what is there differs.
func build(ctx context.Context, s Streams, p *project, f buildFlags) (summary report.Build, err error) {
	out := newOutputs(p, f)
	defer func() { err = errors.Join(err, out.Discard()) }()
	made, err := makeAll(ctx, s, p, f, out)
	if err != nil {
		return summary, err
	}
	if err := out.finish(s); err != nil {
		return summary, err
	}
	summary = made.summary
	summary.Checked = f.check
	summary.Archive, err = writeArchive(made.plan, f.packageDir, made.chart)
	return summary, err
}

// made is what a build makes besides the folders that it puts out.
type made struct {
	projectRules
	coverage []byte // the table, in Markdown
	chart    tree.Tree
	summary  report.Build
}

// makeAll names every stage, in order. Each takes what the one before gave;
// nothing is put into place before all of them have passed.
func makeAll(ctx context.Context, s Streams, p *project, f buildFlags, out *outputs) (made, error) {
	in, err := readProject(ctx, p, f.skipUnsupported)
	if err != nil {
		return made{}, err
	}
	return makeFrom(ctx, s, p, in, f.values, out)
}

// makeFrom names the stages behind the reading, which may be of a version that is
// not in the project yet.
func makeFrom(ctx context.Context, s Streams, p *project, in projectRules, valuesFiles []string, out *outputs) (made, error) {
	plan, assessed := in.plan, newest(in.editions)
	folder := path.Join(chartsDir, plan.Chart.Name)
	input, err := chartInput(in, folder)
	if err != nil {
		return made{}, err
	}
	files, err := chart.Build(input)
	if err != nil {
		return made{}, err
	}
	values, err := readValues(s, files, valuesFiles)
	if err != nil {
		return made{}, err
	}
	checker := in.library.checker
	if err := proveChart(ctx, plan, input, files, values, checker); err != nil {
		return made{}, err
	}
	tests, err := newTested(in, files)
	if err != nil {
		return made{}, err
	}
	if err := out.put(ctx, generated{folder, files}); err != nil {
		return made{}, err
	}
	summary := summarize(input, in.upstream, assessed)
	if len(plan.Clusters) > 0 {
		b := clusterBuilder{s: s, p: p, made: files, out: out, checker: checker}
		summary.Clusters, err = b.build(ctx, plan.Clusters)
	}
	if err != nil {
		return made{}, err
	}
	suite, err := suiteOf(ctx, p, plan, tests, valuesFiles, values)
	if err != nil {
		return made{}, err
	}
	summary.Tests = tests.tell(chainsawDir, suite)
	return made{in, input.Coverage, files, summary}, out.put(ctx, generated{chainsawDir, suite.Files})
}
