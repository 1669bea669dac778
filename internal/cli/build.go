package cli

import (
	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/build"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/term"
)

func newBuild(s term.Streams, p *project.Project) *cobra.Command {
	var f build.Options
	cmd := &cobra.Command{
		Use:   "build",
		Short: "make the chart from the vendored policies",
		Long: `build verifies the vendored policies by their lock, converts every rule, holds
the result against the Pod Security Standards, corrects what deviates (see
standard in vapchart.yaml) and writes ` + project.ChartsDir + `/<name>. What it writes has
been compiled, linted and rendered before. The same input gives the same bytes.

Beside the chart it writes a Chainsaw suite of every rule and exception into
` + build.ChainsawDir + `: by --values, or else by what all clusters share. "vapchart chainsaw"
makes that of one cluster.

Where a cluster's kustomization labels namespaces for Pod Security Admission, it says
in which of them that refuses what an exception allows, or what the policies admit.

Exit codes: 0 done, 1 failed, 2 usage, 3 the chart or the vendored policies
differ from what they should be.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			summary, err := build.Run(cmd.Context(), s, p, f)
			if err != nil {
				return err
			}
			return report.BuildText(summary, s.Out)
		},
	}
	cmd.Flags().BoolVar(&f.Check, "check", false, "write nothing, show how what is there differs")
	cmd.Flags().BoolVar(&f.Force, "force", false, "replace generated files that were changed by hand")
	cmd.Flags().BoolVar(&f.SkipUnsupported, "skip-unsupported", false, "leave out and list rules that cannot be native")
	cmd.Flags().StringVar(&f.PackageDir, "package", "", "also write the chart's archive into `folder`")
	cmd.Flags().StringArrayVar(&f.Values, "values", nil, "values `file` to prove the chart with, and to make the Chainsaw suite of; may be repeated, later ones win")
	return cmd
}
