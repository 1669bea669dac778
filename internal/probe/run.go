package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
)

// Options are the flags of the verb `probe`, by their names.
type Options struct {
	Kubeconfig string
	Context    string
	Namespaces []string
	Values     []string
	Cluster    string // of vapchart.yaml, whose values and patches count; empty for Values
	Chart      string
	Release    string
	Wait       time.Duration
	Output     string
}

// Validate refuses what cannot be meant, all of it at once.
func (f Options) Validate() error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, term.Usage(fmt.Errorf("probe: "+format, args...)))
	}
	if !slices.Contains([]string{term.FormText, term.FormJSON}, f.Output) {
		refuse("-o %s is not one of %s, %s", f.Output, term.FormText, term.FormJSON)
	}
	for i, name := range f.Namespaces {
		if len(validation.IsDNS1123Label(name)) > 0 {
			refuse("-n %q cannot be the name of a namespace", name)
		} else if slices.Contains(f.Namespaces[:i], name) {
			refuse("-n %s is there twice", name)
		}
	}
	if f.Wait < 0 {
		refuse("--wait %s is less than nothing", f.Wait)
	}
	if f.Release == "" {
		refuse("--release is empty")
	}
	if f.Cluster != "" && len(f.Values) > 0 {
		refuse("--cluster and --values exclude each other: the values of a cluster are in %s/", project.OverlaysDir)
	}
	if f.Cluster != "" && f.Release != "" && f.Release != cluster.Release {
		refuse("--cluster and --release %s exclude each other: %s/ has the release %s", f.Release, project.OverlaysDir, cluster.Release)
	}
	return errors.Join(errs...)
}

// Run names the stages: what the values say, what the cluster does, again as
// long as they differ and there is time, and the report.
func Run(ctx context.Context, s term.Streams, p *project.Project, f Options) (Result, error) {
	const pause = time.Second // policies are active about that long after they were written
	surveyor, err := newSurveyor(ctx, s, p, f)
	if err != nil {
		return Result{}, err
	}
	deadline := s.Time().Add(f.Wait)
	result, err := surveyor.pass(ctx)
	for err == nil && result.Differences() > 0 && s.Time().Add(pause).Before(deadline) {
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
		s.Note("%s", n)
	}
	return result, nil
}

// Findings gives what a run ends with. A namespace of which nothing was learned is
// a failure: to call it as the values say would be a guess.
func Findings(result Result) error {
	var errs []error
	switch n := result.Differences(); n {
	case 0:
	case 1:
		errs = append(errs, term.Finding(errors.New("probe cluster: 1 difference from what the values say")))
	default:
		errs = append(errs, term.Finding(fmt.Errorf("probe cluster: %d differences from what the values say", n)))
	}
	namespaces, words := result.Unlearned()
	for i, name := range namespaces {
		errs = append(errs, policy.WithHint(fmt.Errorf("probe namespace %s: nothing was learned: %s", name, words[i]),
			"who asks must be allowed to create pods there; leave namespaces out by naming others with -n"))
	}
	return errors.Join(errs...)
}
