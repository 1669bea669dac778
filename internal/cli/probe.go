package cli

import (
	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/probe"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/term"
)

func newProbe(s term.Streams, p *project.Project) *cobra.Command {
	var f probe.Options
	cmd := &cobra.Command{
		Use:   "probe",
		Short: "does a live cluster enforce what the values say?",
		Long: `probe renders the chart with the values files, as helm would, and asks a live
cluster whether it does the same: in every namespace it creates pods on trial,
about 40 of them and a few for each exception, and compares the answers with
those of the API server's own code, offline. Nothing is stored in the cluster.

With --cluster the values are those of a cluster of vapchart.yaml, and the objects
are as its kustomization leaves them. The version of Kubernetes is the live one.

It also names policies and bindings that are missing, changed or too many, and
namespaces where labels of Pod Security Admission refuse what an exception
allows.

Exit codes: 0 all as the values say, 1 failed or the cluster is not reachable,
2 usage, 3 a difference.`,
		Example: `  vapchart probe --values values.yaml
  vapchart probe --values values.yaml -n mw-web -n web --wait 60s
  vapchart probe --cluster eqiad --context eqiad
  vapchart probe --context staging --values common.yaml --values staging.yaml -o json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.Validate(); err != nil {
				return err
			}
			result, err := probe.Run(cmd.Context(), s, p, f)
			if err != nil {
				return err
			}
			write := report.ProbeText
			if f.Output == term.FormJSON {
				write = report.ProbeJSON
			}
			if err := write(result, s.Out); err != nil {
				return err
			}
			return probe.Findings(result)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Kubeconfig, "kubeconfig", "", "`file` that says how to reach the cluster (default $KUBECONFIG, else ~/.kube/config)")
	flags.StringVar(&f.Context, "context", "", "`name` of the kubeconfig's context (default its current one)")
	flags.StringArrayVarP(&f.Namespaces, "namespace", "n", nil, "`namespace` to ask about; may be repeated (default all)")
	flags.StringArrayVar(&f.Values, "values", nil, "values `file` for the chart; may be repeated, later ones win")
	flags.StringVar(&f.Cluster, "cluster", "", "expect what a cluster of "+project.File+" should have, by its `name`")
	flags.StringVar(&f.Chart, "chart", "", "`folder` of the chart (default "+project.ChartsDir+"/<chart.name> of the project)")
	flags.StringVar(&f.Release, "release", cluster.Release, "`name` of the Helm release in the cluster")
	flags.DurationVar(&f.Wait, "wait", 0, "ask again until there is no difference, for so `long`, such as 60s")
	flags.StringVarP(&f.Output, "output", "o", term.FormText, "`form` of the report: text or json")
	return cmd
}
