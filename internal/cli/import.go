package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/labels"
)

type importFlags struct {
	files      []string
	domain     string
	cluster    string
	values     []string
	from       string
	chart      string
	kubernetes string
}

func newImport(s Streams, p *project) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "values that mean the same as what a cluster has now",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImportLabels(s, p))
	return cmd
}

func newImportLabels(s Streams, p *project) *cobra.Command {
	var f importFlags
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
			if err := f.validate(); err != nil {
				return err
			}
			return importLabels(cmd.Context(), s, p, f)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "filename", "f", nil, "namespaces: a `file`, a folder, or - for standard input; may be repeated")
	flags.StringVar(&f.domain, "label-domain", "", "`domain` of the labels (default labelDomain of the values)")
	flags.StringVar(&f.cluster, "cluster", "", "`name` of the project's cluster that the values are for; they take the place of its own file")
	flags.StringArrayVar(&f.values, "values", nil, "values `file` below the ones that are made, with exceptions; may be repeated, later ones win")
	flags.StringVar(&f.from, "from", string(labels.HandMade), "`scheme` by which the cluster reads the labels now: hand-made or chart")
	flags.StringVar(&f.chart, "chart", "", "`folder` of the chart (default "+chartsDir+"/<chart.name> of the project)")
	flags.StringVar(&f.kubernetes, "kubernetes", "", "minor `version` of the cluster (default that of --cluster, else "+admission.Newest()+")")
	return cmd
}

// validate refuses what cannot be meant, all of it at once.
func (f importFlags) validate() error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, usageError{fmt.Errorf("import labels: "+format, args...)})
	}
	if len(f.files) == 0 {
		refuse("no namespaces, name them with -f")
	}
	if f.from != string(labels.HandMade) && f.from != string(labels.OfChart) {
		refuse("--from %s is not one of %s, %s", f.from, labels.HandMade, labels.OfChart)
	}
	if f.cluster != "" && len(f.values) > 0 {
		refuse("--cluster and --values exclude each other: a cluster has values files of its own")
	}
	if f.domain != "" && len(validation.IsDNS1123Subdomain(f.domain)) > 0 {
		refuse("--label-domain %q cannot be the domain of a label", f.domain)
	}
	if f.kubernetes != "" && !regexp.MustCompile(`^1\.[0-9]+$`).MatchString(f.kubernetes) {
		refuse("--kubernetes %q is not a minor version such as %s", f.kubernetes, admission.Newest())
	}
	return errors.Join(errs...)
}

// importLabels names the stages: what is there, what it means, the values that mean
// the same, and whether they do.
func importLabels(ctx context.Context, s Streams, p *project, f importFlags) error {
	i, err := newImporter(ctx, s, p, f)
	if err != nil {
		return err
	}
	meanings, found, err := i.read()
	if err != nil {
		return err
	}
	text, err := i.values(meanings, found)
	if err != nil {
		return err
	}
	if _, err := s.Out.Write(text); err != nil {
		return err
	}
	if err := i.useValues(text); err != nil {
		return err
	}
	shadowed, err := i.shadowed(ctx, meanings)
	if err != nil {
		return err
	}
	pods, err := witnesses(i.target.kubernetes, i.before.whole, i.after.whole)
	if err != nil {
		return err
	}
	changes, err := i.compare(ctx, meanings, pods)
	if err != nil {
		return err
	}
	if err := changes.Text(s.Err); err != nil {
		return err
	}
	return i.conclude(append(found, shadowed...), changes)
}
