// Package check answers whether manifests would be admitted by the chart with some
// values, or by what one cluster gets.
//
// It takes manifests from files or a stream, a chart, and values or a cluster, and
// returns one Decision an object, in the order of the manifests. Input that cannot be
// read is an error with its file and line, and all of them come at once. A denial is no
// error of Run: Findings makes one of it, marked term.Finding.
package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
)

// Options are the flags of the verb `check`, by their names. Output is one of the forms
// of package term, Kubernetes a minor version.
type Options struct {
	Manifests  []string
	Values     []string
	Cluster    string
	Namespace  string
	Output     string
	Chart      string
	Kubernetes string
	NoCache    bool
}

// cache is where renderings are kept, if they are.
func (f Options) cache(s term.Streams) cluster.Cache {
	if f.NoCache {
		return cluster.Cache{}
	}
	return cluster.Cache{Dir: s.Cache}
}

// Validate refuses what cannot be meant, all of it at once.
func (f Options) Validate() error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, term.Usage(fmt.Errorf("check: "+format, args...)))
	}
	if len(f.Manifests) == 0 {
		refuse("no manifests, name them with -f")
	}
	if !slices.Contains([]string{term.FormText, term.FormJSON}, f.Output) {
		refuse("-o %s is not one of %s, %s", f.Output, term.FormText, term.FormJSON)
	}
	if f.Namespace != "" && len(validation.IsDNS1123Label(f.Namespace)) > 0 {
		refuse("-n %q cannot be the name of a namespace", f.Namespace)
	}
	if f.Cluster != "" && len(f.Values) > 0 {
		refuse("--cluster and --values exclude each other: the values of a cluster are in %s/", project.OverlaysDir)
	}
	if f.Kubernetes != "" && !regexp.MustCompile(`^1\.[0-9]+$`).MatchString(f.Kubernetes) {
		refuse("--kubernetes %q is not a minor version such as %s", f.Kubernetes, admission.Newest())
	}
	return errors.Join(errs...)
}

// Run names the stages. Everything is read before anything is judged, so that
// all that is wrong is said at once.
func Run(ctx context.Context, s term.Streams, p *project.Project, f Options) (Result, error) {
	cluster, clusterErr := f.settle(p)
	manifests, err := ReadManifests(s.In, f.Manifests, f.Values)
	if err := errors.Join(clusterErr, err); clusterErr != nil {
		return nil, err
	}
	policies, chartErr := renderPolicies(s, p, f, cluster)
	if err := errors.Join(err, chartErr); err != nil {
		return nil, err
	}
	c, err := NewChecker(policies, manifests, f.Namespace)
	if err != nil {
		return nil, err
	}
	decisions, notes, err := c.Judge(ctx)
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

// Findings is the finding that objects would be denied; nil where none would.
func Findings(decisions Result) error {
	if n := decisions.Denied(); n > 0 {
		return term.Finding(fmt.Errorf("check manifests: %d of %d objects would be denied", n, len(decisions)))
	}
	return nil
}

// settle fills in what --cluster stands for: the values files and the version. A
// version that is named too goes before that of the cluster, to look ahead.
func (f *Options) settle(p *project.Project) (*project.Cluster, error) {
	if f.Cluster == "" {
		f.Kubernetes = cmp.Or(f.Kubernetes, admission.Newest())
		return nil, nil
	}
	plan, _, err := p.Load()
	if err != nil {
		return nil, err
	}
	cluster, err := project.FindCluster(plan, f.Cluster)
	if err != nil {
		return nil, err
	}
	f.Kubernetes = cmp.Or(f.Kubernetes, cluster.Kubernetes)
	f.Values, err = project.ClusterFiles(p, cluster)
	return &cluster, project.ClusterError([]string{cluster.Name}, err)
}
