package rules

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
)

// compile holds every policy against the API servers of the oldest and the newest
// Kubernetes, and gives what they would refuse with the line upstream. Those that
// were compiled before are passed over.
//
// It gives the oldest Kubernetes that takes all of them. What one of the clusters
// lacks is an error; without clusters, all versions count.
func compile(checker *admission.Checker, converted, before []convert.Objects, clusters []project.Cluster) (oldest string, err error) {
	// Revisions of a built-in rule have one origin, so the text counts as well.
	done := func(o convert.Objects) bool {
		return slices.ContainsFunc(before, func(b convert.Objects) bool {
			return b.Rule.Origin == o.Rule.Origin && reflect.DeepEqual(b.Policy.Spec, o.Policy.Spec)
		})
	}
	byName := map[string]convert.Objects{}
	var policies []runtime.Object
	for _, o := range converted {
		if _, twice := byName[o.Rule.Name]; twice || done(o) {
			continue // two of one name are a fault that reading has told already
		}
		byName[o.Rule.Name] = o
		policies = append(policies, o.Policy)
	}
	objs, err := admission.FromObjects(policies...)
	if err != nil {
		return "", err
	}
	oldest, newest := admission.Oldest, admission.Newest()
	found, err := checker.Check(objs, []string{oldest, newest})
	errs := []error{err}
	for _, f := range found {
		o, ok := byName[f.Name]
		if !ok || f.Kind != "ValidatingAdmissionPolicy" {
			continue // a binding is complete only in the chart
		}
		f.File, f.Line = o.Rule.Origin.Path, o.Line(f.Field)
		if len(f.Versions) == 0 || slices.Contains(f.Versions, newest) {
			errs = append(errs, f)
			continue
		}
		since, err := firstWith(checker, o)
		errs = append(errs, err)
		switch lacks := lacking(clusters, since); {
		case len(clusters) == 0:
			errs = append(errs, policy.WithHint(fmt.Errorf("%w; Kubernetes %s has it", f, since),
				"leave the rule out in "+project.File+", or list your clusters there: the chart is then for their versions"))
		case len(lacks) > 0:
			f.Versions = lacks
			errs = append(errs, policy.WithHint(fmt.Errorf("%w; Kubernetes %s has it", f, since),
				"leave the rule out in "+project.File+", or say there which Kubernetes the clusters have now"))
		}
		if policy.Newer(since, oldest) {
			oldest = since
		}
	}
	return oldest, errors.Join(errs...)
}

// firstWith gives the first Kubernetes version that takes a policy which the
// newest takes.
func firstWith(checker *admission.Checker, o convert.Objects) (string, error) {
	objs, err := admission.FromObjects(o.Policy)
	for version := admission.Oldest; err == nil && policy.Newer(admission.Newest(), version); version = policy.Next(version) {
		found, err := checker.Check(objs, []string{version})
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(found, func(f *admission.Finding) bool { return len(f.Versions) > 0 }) {
			return version, nil
		}
	}
	return admission.Newest(), err
}

// lacking names the clusters older than a version, each version with those that
// have it.
func lacking(clusters []project.Cluster, since string) []string {
	byVersion := map[string][]string{}
	var versions []string
	for _, c := range clusters {
		if policy.Newer(since, c.Kubernetes) {
			if byVersion[c.Kubernetes] == nil {
				versions = append(versions, c.Kubernetes)
			}
			byVersion[c.Kubernetes] = append(byVersion[c.Kubernetes], c.Name)
		}
	}
	for i, v := range versions {
		versions[i] = v + " of cluster " + strings.Join(byVersion[v], ", ")
	}
	return versions
}
