package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/tree"
)

type buildFlags struct {
	check           bool
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

Exit codes: 0 done, 1 failed, 2 usage, 3 the chart or the vendored policies
differ from what they should be.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return build(cmd.Context(), s, p, f) },
	}
	cmd.Flags().BoolVar(&f.check, "check", false, "write nothing, show how the chart differs")
	cmd.Flags().BoolVar(&f.skipUnsupported, "skip-unsupported", false, "leave out and list rules that cannot be native")
	cmd.Flags().StringVar(&f.packageDir, "package", "", "also write the chart's archive into `folder`")
	cmd.Flags().StringArrayVar(&f.values, "values", nil, "also prove the chart with this values `file`; may be repeated, later ones win")
	return cmd
}

// build names every stage, in order. Each takes what the one before gave;
// nothing is written before all of them have passed.
func build(ctx context.Context, s Streams, p *project, f buildFlags) error {
	plan, _, err := p.load()
	if err != nil {
		return err
	}
	vendored, pin, err := verifyVendored(p, plan)
	if err != nil {
		return err
	}
	upstreamRules, err := readRules(vendored, pin, plan.Select, f.skipUnsupported)
	if err = errors.Join(err, compile(upstreamRules.converted, nil)); err != nil {
		return err
	}
	builtinRules, err := readBuiltin()
	if err != nil {
		return err
	}
	assessed, err := assess(ctx, upstreamRules.converted, builtinRules.converted, plan.Standard == config.StandardStrict)
	if err != nil {
		return err
	}
	folder := path.Join(chartsDir, plan.Chart.Name)
	input, err := chartInput(plan, folder, pin, vendored, assessed, builtinRules, upstreamRules)
	if err != nil {
		return err
	}
	made, err := chart.Build(input)
	if err != nil {
		return err
	}
	values, err := readValues(s, f.values)
	clusters, clustersErr := readClusters(s, p, plan.Clusters)
	if err := errors.Join(err, clustersErr); err != nil {
		return err
	}
	if err := proveChart(ctx, plan, input, made, values, clusters); err != nil {
		return err
	}
	summary := summarize(input, upstreamRules, assessed)
	if f.check {
		return drift(s, p, folder, made, summary)
	}
	if err := made.Write(ctx, p.path(filepath.FromSlash(folder))); err != nil {
		return err
	}
	if summary.Archive, err = writeArchive(plan, f.packageDir, made); err != nil {
		return err
	}
	return summary.Text(s.Out)
}

// drift compares the chart on the disk with the one that was made.
func drift(s Streams, p *project, folder string, made tree.Tree, summary report.Build) error {
	there, err := tree.ReadIfThere(p.path(filepath.FromSlash(folder)))
	if err != nil {
		return err
	}
	if diff := tree.Diff(folder+"/", there, made); len(diff) > 0 {
		if _, err := s.Out.Write(diff); err != nil {
			return err
		}
		return findings{errors.New("check " + folder + ": it is not what build makes; run vapchart build")}
	}
	summary.Checked = true
	return summary.Text(s.Out)
}

func writeArchive(plan config.Plan, dir string, made tree.Tree) (string, error) {
	if dir == "" {
		return "", nil
	}
	data, err := chart.Archive(plan.Chart.Name, made)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("write archive: %w", err)
	}
	file := filepath.Join(dir, plan.Chart.Name+"-"+plan.Chart.Version+".tgz")
	return filepath.ToSlash(file), tree.WriteFile(file, data)
}
