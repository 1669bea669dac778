// Package migrate writes values from what a cluster has. It is the verb `import`: it
// reads namespaces with the labels of a label scheme, the published one or the chart's,
// and writes values that mean the same.
//
// It takes documents with namespaces, and finds labels that cannot have been meant. Then
// it compares the labels with the values that it wrote, by what both answer about pods.
// Input that cannot be read is an error with its line. Labels without a meaning and
// changed verdicts are errors marked term.Finding, after the values were written.
package migrate

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/term"
)

// Options are the flags of the verb `import labels`, by their names. From is the scheme
// that the labels are read by, Kubernetes a minor version.
type Options struct {
	Files      []string
	Domain     string
	Cluster    string
	Values     []string
	From       string
	Chart      string
	Kubernetes string
}

// Validate refuses what cannot be meant, all of it at once.
func (f Options) Validate() error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, term.Usage(fmt.Errorf("import labels: "+format, args...)))
	}
	if len(f.Files) == 0 {
		refuse("no namespaces, name them with -f")
	}
	if f.From != string(HandMade) && f.From != string(OfChart) {
		refuse("--from %s is not one of %s, %s", f.From, HandMade, OfChart)
	}
	if f.Cluster != "" && len(f.Values) > 0 {
		refuse("--cluster and --values exclude each other: a cluster has values files of its own")
	}
	if f.Domain != "" && len(validation.IsDNS1123Subdomain(f.Domain)) > 0 {
		refuse("--label-domain %q cannot be the domain of a label", f.Domain)
	}
	if f.Kubernetes != "" && !regexp.MustCompile(`^1\.[0-9]+$`).MatchString(f.Kubernetes) {
		refuse("--kubernetes %q is not a minor version such as %s", f.Kubernetes, admission.Newest())
	}
	return errors.Join(errs...)
}

// Run names the stages: what is there, what it means, the values that mean
// the same, and whether they do.
func Run(ctx context.Context, s term.Streams, p *project.Project, f Options) error {
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
	pods, err := sample.Witnesses(i.target.kubernetes, i.before.whole, i.after.whole)
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
