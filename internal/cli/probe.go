package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/report"
)

type probeFlags struct {
	kubeconfig string
	context    string
	namespaces []string
	values     []string
	chart      string
	release    string
	wait       time.Duration
	output     string
}

func newProbe(s Streams, p *project) *cobra.Command {
	var f probeFlags
	cmd := &cobra.Command{
		Use:   "probe",
		Short: "does a live cluster enforce what the values say?",
		Long: `probe renders the chart with the values files, as helm would, and asks a live
cluster whether it does the same: in every namespace it creates pods on trial,
about 40 of them and a few for each exception, and compares the answers with
those of the API server's own code, offline. Nothing is stored in the cluster.

It also names policies and bindings that are missing, changed or too many, and
namespaces where labels of Pod Security Admission refuse what an exception
allows.

Exit codes: 0 all as the values say, 1 failed or the cluster is not reachable,
2 usage, 3 a difference.`,
		Example: `  vapchart probe --values values.yaml
  vapchart probe --values values.yaml -n mw-web -n web --wait 60s
  vapchart probe --context staging --values common.yaml --values staging.yaml -o json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.validate(); err != nil {
				return err
			}
			result, err := runProbe(cmd.Context(), s, p, f)
			if err != nil {
				return err
			}
			write := result.Text
			if f.output == formJSON {
				write = result.JSON
			}
			if err := write(s.Out); err != nil {
				return err
			}
			return conclude(result)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "`file` that says how to reach the cluster (default $KUBECONFIG, else ~/.kube/config)")
	flags.StringVar(&f.context, "context", "", "`name` of the kubeconfig's context (default its current one)")
	flags.StringArrayVarP(&f.namespaces, "namespace", "n", nil, "`namespace` to ask about; may be repeated (default all)")
	flags.StringArrayVar(&f.values, "values", nil, "values `file` for the chart; may be repeated, later ones win")
	flags.StringVar(&f.chart, "chart", "", "`folder` of the chart (default "+chartsDir+"/<chart.name> of the project)")
	flags.StringVar(&f.release, "release", defaultRelease, "`name` of the Helm release in the cluster")
	flags.DurationVar(&f.wait, "wait", 0, "ask again until there is no difference, for so `long`, such as 60s")
	flags.StringVarP(&f.output, "output", "o", formText, "`form` of the report: text or json")
	return cmd
}

// validate refuses what cannot be meant, all of it at once.
func (f probeFlags) validate() error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, usageError{fmt.Errorf("probe: "+format, args...)})
	}
	if !slices.Contains([]string{formText, formJSON}, f.output) {
		refuse("-o %s is not one of %s, %s", f.output, formText, formJSON)
	}
	for i, name := range f.namespaces {
		if len(validation.IsDNS1123Label(name)) > 0 {
			refuse("-n %q cannot be the name of a namespace", name)
		} else if slices.Contains(f.namespaces[:i], name) {
			refuse("-n %s is there twice", name)
		}
	}
	if f.wait < 0 {
		refuse("--wait %s is less than nothing", f.wait)
	}
	if f.release == "" {
		refuse("--release is empty")
	}
	return errors.Join(errs...)
}

// runProbe names the stages: what the values say, what the cluster does, again as
// long as they differ and there is time, and the report.
func runProbe(ctx context.Context, s Streams, p *project, f probeFlags) (report.Probe, error) {
	const pause = time.Second // policies are active about that long after they were written
	surveyor, err := newSurveyor(ctx, s, p, f)
	if err != nil {
		return report.Probe{}, err
	}
	deadline := s.Now().Add(f.wait)
	result, err := surveyor.pass(ctx)
	for err == nil && result.Differences() > 0 && s.Now().Add(pause).Before(deadline) {
		select {
		case <-ctx.Done():
			return result, ctx.Err()
		case <-time.After(pause):
		}
		result, err = surveyor.pass(ctx)
	}
	if err != nil {
		return result, err
	}
	for _, n := range surveyor.notes {
		s.note("%s", n)
	}
	return result, nil
}

// conclude gives what a run ends with. A namespace of which nothing was learned is
// a failure: to call it as the values say would be a guess.
func conclude(result report.Probe) error {
	var errs []error
	switch n := result.Differences(); n {
	case 0:
	case 1:
		errs = append(errs, findings{errors.New("probe cluster: 1 difference from what the values say")})
	default:
		errs = append(errs, findings{fmt.Errorf("probe cluster: %d differences from what the values say", n)})
	}
	namespaces, words := result.Unlearned()
	for i, name := range namespaces {
		errs = append(errs, policy.WithHint(fmt.Errorf("probe namespace %s: nothing was learned: %s", name, words[i]),
			"who asks must be allowed to create pods there; leave namespaces out by naming others with -n"))
	}
	return errors.Join(errs...)
}
