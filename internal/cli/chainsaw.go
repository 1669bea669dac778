package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/build"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/term"
)

func newChainsaw(s term.Streams, p *project.Project) *cobra.Command {
	var f build.SuiteOptions
	cmd := &cobra.Command{
		Use:   "chainsaw",
		Short: "write a Chainsaw suite of what one cluster enforces",
		Long: `chainsaw writes the Chainsaw tests of one cluster: of every rule and exception that
its values enforce somewhere, in the namespaces that they have, by its objects as its
kustomization leaves them. "vapchart build" writes the suite of the chart itself.

The folder is replaced as a whole. One that holds files of a person is left as it is.

Exit codes: 0 done, 1 failed, 2 usage, 3 the folder holds what was made by hand, or
the vendored policies differ from what they should be.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.Cluster == "" || f.Out == "" {
				return term.Usage(errors.New("chainsaw: name a cluster with --cluster and a folder with --out"))
			}
			suite, err := build.ClusterSuite(cmd.Context(), s, p, f)
			if err != nil {
				return err
			}
			return report.SuiteText(suite, s.Out)
		},
	}
	cmd.Flags().StringVar(&f.Cluster, "cluster", "", "`name` of the cluster, as "+project.File+" has it")
	cmd.Flags().StringVar(&f.Out, "out", "", "`folder` to write")
	cmd.Flags().BoolVar(&f.Force, "force", false, "replace the folder whatever it holds")
	return cmd
}
