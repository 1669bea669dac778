package cli

import (
	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/migrate"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
)

func newImport(s term.Streams, p *project.Project) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "values that mean the same as what a cluster has now",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImportLabels(s, p))
	return cmd
}

func newImportLabels(s term.Streams, p *project.Project) *cobra.Command {
	var f migrate.Options
	cmd := &cobra.Command{
		Use:   "labels -f FILE",
		Short: "labels on namespaces to values by name",
		Long: `labels reads namespaces that carry the labels of the published scheme, as
kubectl writes them or from the values of another tool, and gives the values that
mean the same by the namespaces' names.

What the labels cannot have meant is a finding: an exclude without an include, a
name that is none, labels of Pod Security Admission that refuse what an exception
allows. Then some hundred pods are judged by the labels and by the values, and
each verdict that changes is told.

Exit codes: 0 the values mean the same, 1 failed, 2 usage, 3 findings, or a
verdict changes; the values are printed all the same.`,
		Example: `  kubectl get namespaces -o yaml | vapchart import labels -f - --cluster wikikube-eqiad > new.yaml
  vapchart import labels -f helmfile/values/ --values exceptions.yaml
  vapchart import labels -f namespaces.yaml --from chart --cluster wikikube-eqiad`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.Validate(); err != nil {
				return err
			}
			return migrate.Run(cmd.Context(), s, p, f)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.Files, "filename", "f", nil, "namespaces: a `file`, a folder, or - for standard input; may be repeated")
	flags.StringVar(&f.Domain, "label-domain", "", "`domain` of the labels (default labelDomain of the values)")
	flags.StringVar(&f.Cluster, "cluster", "", "`name` of the project's cluster that the values are for; they take the place of its own file")
	flags.StringArrayVar(&f.Values, "values", nil, "values `file` below the ones that are made, with exceptions; may be repeated, later ones win")
	flags.StringVar(&f.From, "from", string(migrate.HandMade), "`scheme` by which the cluster reads the labels now: hand-made or chart")
	flags.StringVar(&f.Chart, "chart", "", "`folder` of the chart (default "+project.ChartsDir+"/<chart.name> of the project)")
	flags.StringVar(&f.Kubernetes, "kubernetes", "", "minor `version` of the cluster (default that of --cluster, else "+admission.Newest()+")")
	return cmd
}
