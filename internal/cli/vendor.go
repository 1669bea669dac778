package cli

import (
	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/term"
)

func newVendor(s term.Streams, p *project.Project) *cobra.Command {
	var f project.SourceOptions
	cmd := &cobra.Command{
		Use:   "vendor",
		Short: "fetch the pinned policies into " + project.UpstreamDir + "/ and write their lock",
		Long: `vendor fetches the policies that vapchart.yaml names into ` + project.UpstreamDir + `/ and writes
` + project.LockFile + `, which proves them. With --ref or --source it takes these instead
and writes them into vapchart.yaml.

A version that has a lock in the tool (release-1.12, 1.13, 1.15, 1.16, 1.17) must
hold exactly what that lock says, whoever serves it.

Exit codes: 0 done, 1 failed, 2 usage, 3 with --check: tree and lock differ.`,
		Example: `  vapchart vendor
  vapchart vendor --ref release-1.17
  vapchart vendor --source ../policies --ref release-1.17
  vapchart vendor --check`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return rules.Vendor(cmd.Context(), s, p, f) },
	}
	cmd.Flags().StringVar(&f.Ref, "ref", "", "`branch`, tag or commit to take")
	cmd.Flags().StringVar(&f.Source, "source", "", "repository `URL`, folder, or \"builtin\" to take it from")
	cmd.Flags().BoolVar(&f.Check, "check", false, "verify "+project.UpstreamDir+"/ by the lock, fetch nothing")
	return cmd
}
