package cli

import (
	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/check"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/term"
)

func newCheck(s term.Streams, p *project.Project) *cobra.Command {
	var f check.Options
	cmd := &cobra.Command{
		Use:   "check -f FILE",
		Short: "would these manifests be admitted?",
		Long: `check renders the chart with the values files, as helm would, and judges every
object by the result with the API server's own code, offline. An object that
makes pods, such as a Deployment, is denied too if its pods would be refused.

All denials are shown; the API server reports only one at a time. A folder is
read with all that is in it: *.yaml, *.yml and *.json, but nothing hidden.
Namespaces among the manifests are taken with their labels.

With --cluster the values are those of a cluster of vapchart.yaml, and the
policies are compiled as its version of Kubernetes does.

What the chart renders is kept in the user's cache folder, which may be deleted.

Exit codes: 0 all admitted, 1 failed, 2 usage, 3 something would be denied.`,
		Example: `  vapchart check -f pod.yaml --values values.yaml
  vapchart check -f manifests/ --values common.yaml --values cluster.yaml -n web
  vapchart check -f manifests/ --cluster eqiad
  kubectl get pods -A -o yaml | vapchart check -f - -o json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.Validate(); err != nil {
				return err
			}
			decisions, err := check.Run(cmd.Context(), s, p, f)
			if err != nil {
				return err
			}
			write := report.CheckText
			if f.Output == term.FormJSON {
				write = report.CheckJSON
			}
			if err := write(decisions, s.Out); err != nil {
				return err
			}
			return check.Findings(decisions)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.Manifests, "filename", "f", nil, "manifests: a `file`, a folder, or - for standard input; may be repeated")
	flags.StringArrayVar(&f.Values, "values", nil, "values `file` for the chart; may be repeated, later ones win")
	flags.StringVar(&f.Cluster, "cluster", "", "judge by the values and the version of a cluster of "+project.File+", by its `name`")
	flags.StringVarP(&f.Namespace, "namespace", "n", "", "`namespace` of objects that name none (default \"default\")")
	flags.StringVarP(&f.Output, "output", "o", term.FormText, "`form` of the report: text or json")
	flags.StringVar(&f.Chart, "chart", "", "`folder` of the chart (default "+project.ChartsDir+"/<chart.name> of the project)")
	flags.StringVar(&f.Kubernetes, "kubernetes", "", "minor `version` of the cluster (default that of --cluster, else "+admission.Newest()+")")
	flags.BoolVar(&f.NoCache, "no-cache", false, "render the chart anew, and keep nothing")
	return cmd
}
