package cli

import (
	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
)

// newCluster is the verb for clusters, which has no work of its own.
func newCluster(s term.Streams, p *project.Project) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cluster",
		Short: "add a cluster to the project",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newClusterAdd(s, p))
	return cmd
}

func newClusterAdd(s term.Streams, p *project.Project) *cobra.Command {
	var f project.ClusterOptions
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "list a cluster in vapchart.yaml and begin its overlay",
		Long: `add lists a cluster in ` + project.File + `, at the end and with all else as it is, and
writes the files by hand that its overlay begins with: ` + project.OverlaysDir + `/NAME/values.yaml and
kustomization.yaml, and ` + project.OverlaysDir + `/GROUP/values.yaml for a group that is new. A file that
is there is kept. Of a cluster that is listed it writes the files that are missing.

Without --kubernetes the cluster gets the version that all other clusters of its
group have, or else the newest that the tool knows.

It does all of this or nothing. Exit codes: 0 done, 1 failed, 2 usage.`,
		Example: `  vapchart cluster add eqiad --group main
  vapchart cluster add staging --kubernetes 1.34`,
		Args: clusterAnd(0),
		RunE: func(cmd *cobra.Command, args []string) error { return cluster.Add(cmd.Context(), s, p, f, args[0]) },
	}
	cmd.Flags().StringVar(&f.Group, "group", "", "`name` of the clusters that it shares values with")
	cmd.Flags().StringVar(&f.Kubernetes, "kubernetes", "", "minor `version` of the cluster, such as "+admission.Newest())
	return cmd
}
