package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/report"
)

// Forms in which check reports.
const (
	formText = "text"
	formJSON = "json"
)

type checkFlags struct {
	manifests  []string
	values     []string
	cluster    string
	namespace  string
	output     string
	chart      string
	kubernetes string
	noCache    bool
}

// cache is where renderings are kept, if they are.
func (f checkFlags) cache(s Streams) renderCache {
	if f.noCache {
		return renderCache{}
	}
	return renderCache{s.Cache}
}

func newCheck(s Streams, p *project) *cobra.Command {
	var f checkFlags
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
			if err := f.validate(); err != nil {
				return err
			}
			decisions, err := check(cmd.Context(), s, p, f)
			if err != nil {
				return err
			}
			write := decisions.Text
			if f.output == formJSON {
				write = decisions.JSON
			}
			if err := write(s.Out); err != nil {
				return err
			}
			return deniedIn(decisions)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.manifests, "filename", "f", nil, "manifests: a `file`, a folder, or - for standard input; may be repeated")
	flags.StringArrayVar(&f.values, "values", nil, "values `file` for the chart; may be repeated, later ones win")
	flags.StringVar(&f.cluster, "cluster", "", "judge by the values and the version of a cluster of "+projectFile+", by its `name`")
	flags.StringVarP(&f.namespace, "namespace", "n", "", "`namespace` of objects that name none (default \"default\")")
	flags.StringVarP(&f.output, "output", "o", formText, "`form` of the report: text or json")
	flags.StringVar(&f.chart, "chart", "", "`folder` of the chart (default "+chartsDir+"/<chart.name> of the project)")
	flags.StringVar(&f.kubernetes, "kubernetes", "", "minor `version` of the cluster (default that of --cluster, else "+admission.Newest()+")")
	flags.BoolVar(&f.noCache, "no-cache", false, "render the chart anew, and keep nothing")
	return cmd
}

// validate refuses what cannot be meant, all of it at once.
func (f checkFlags) validate() error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, usageError{fmt.Errorf("check: "+format, args...)})
	}
	if len(f.manifests) == 0 {
		refuse("no manifests, name them with -f")
	}
	if !slices.Contains([]string{formText, formJSON}, f.output) {
		refuse("-o %s is not one of %s, %s", f.output, formText, formJSON)
	}
	if f.namespace != "" && len(validation.IsDNS1123Label(f.namespace)) > 0 {
		refuse("-n %q cannot be the name of a namespace", f.namespace)
	}
	if f.cluster != "" && len(f.values) > 0 {
		refuse("--cluster and --values exclude each other: the values of a cluster are in %s/", overlaysDir)
	}
	if f.kubernetes != "" && !regexp.MustCompile(`^1\.[0-9]+$`).MatchString(f.kubernetes) {
		refuse("--kubernetes %q is not a minor version such as %s", f.kubernetes, admission.Newest())
	}
	return errors.Join(errs...)
}

// check names the stages. Everything is read before anything is judged, so that
// all that is wrong is said at once.
func check(ctx context.Context, s Streams, p *project, f checkFlags) (report.Check, error) {
	cluster, clusterErr := f.settle(p)
	manifests, err := readManifests(s.In, f.manifests, f.values)
	if err := errors.Join(clusterErr, err); clusterErr != nil {
		return nil, err
	}
	policies, chartErr := renderPolicies(s, p, f, cluster)
	if err := errors.Join(err, chartErr); err != nil {
		return nil, err
	}
	c, err := newChecker(policies, manifests, f.namespace)
	if err != nil {
		return nil, err
	}
	decisions, notes, err := c.judge(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		if _, err := fmt.Fprintf(s.Err, "note: %s\n", n); err != nil {
			return nil, err
		}
	}
	return decisions, nil
}

// deniedIn is the finding that objects would be denied; nil where none would.
func deniedIn(decisions report.Check) error {
	if n := decisions.Denied(); n > 0 {
		return findings{fmt.Errorf("check manifests: %d of %d objects would be denied", n, len(decisions))}
	}
	return nil
}

// settle fills in what --cluster stands for: the values files and the version. A
// version that is named too goes before that of the cluster, to look ahead.
func (f *checkFlags) settle(p *project) (*config.Cluster, error) {
	if f.cluster == "" {
		f.kubernetes = cmp.Or(f.kubernetes, admission.Newest())
		return nil, nil
	}
	plan, _, err := p.load()
	if err != nil {
		return nil, err
	}
	cluster, err := findCluster(plan, f.cluster)
	if err != nil {
		return nil, err
	}
	f.kubernetes = cmp.Or(f.kubernetes, cluster.Kubernetes)
	f.values, err = clusterFiles(p, cluster)
	return &cluster, clusterError([]string{cluster.Name}, err)
}
