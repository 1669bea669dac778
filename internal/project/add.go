package project

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/term"
)

// ClusterOptions are the flags of `cluster add`. Both may be empty: no group, and a
// version that PlanCluster chooses.
type ClusterOptions struct {
	Group      string
	Kubernetes string
}

// NextCluster is the cluster to add, and how it came to its version.
type NextCluster struct {
	Cluster
	Listed   bool // it stands in vapchart.yaml already
	NewGroup bool // no cluster of vapchart.yaml is in its group
	Why      string
}

// validate refuses what cannot be meant in any project, all of it at once.
func (f ClusterOptions) validate(name string) error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, term.Usage(fmt.Errorf("cluster add: "+format, args...)))
	}
	if msgs := validation.IsDNS1123Label(name); len(msgs) > 0 {
		refuse("%q cannot be the name of a cluster: %s", name, strings.Join(msgs, ", "))
	}
	if msgs := validation.IsDNS1123Label(f.Group); f.Group != "" && len(msgs) > 0 {
		refuse("--group %q cannot be the name of a group: %s", f.Group, strings.Join(msgs, ", "))
	}
	for _, taken := range []string{name, f.Group} {
		if taken == Common {
			refuse("%s is not for a cluster or a group: %s/%s is for the values that all share", taken, OverlaysDir, taken)
		}
	}
	if name == f.Group && f.Group != "" {
		refuse("--group %s is the cluster's own name, and both would have their values in %s/%s", f.Group, OverlaysDir, name)
	}
	minor := regexp.MustCompile(`^1\.[0-9]+$`).MatchString(f.Kubernetes)
	if f.Kubernetes != "" && (!minor || policy.Newer(admission.Oldest, f.Kubernetes) || policy.Newer(f.Kubernetes, admission.Newest())) {
		refuse("--kubernetes %q is not a minor version from %s to %s", f.Kubernetes, admission.Oldest, admission.Newest())
	}
	return errors.Join(errs...)
}

// PlanCluster says which cluster the arguments mean in a project: one to add, or
// one that is listed, which the flags must not contradict.
func PlanCluster(plan Plan, f ClusterOptions, name string) (NextCluster, error) {
	if err := f.validate(name); err != nil {
		return NextCluster{}, err
	}
	next := NextCluster{Cluster: Cluster{Name: name, Group: f.Group, Kubernetes: f.Kubernetes}, NewGroup: f.Group != ""}
	var errs []error
	refuse := func(hint, format string, args ...any) {
		errs = append(errs, policy.WithHint(fmt.Errorf("add cluster %s: "+format, append([]any{name}, args...)...), hint))
	}
	var versions []string // of the group's other clusters
	for _, c := range plan.Clusters {
		switch {
		case c.Name == name:
			if f.Group != "" && f.Group != c.Group || f.Kubernetes != "" && f.Kubernetes != c.Kubernetes {
				refuse("a cluster that is listed is changed in "+File+" itself", "%s lists it as %s", File, c)
			}
			next.Cluster, next.Listed, next.NewGroup = c, true, false
		case c.Group == name:
			refuse("choose another name", "%s is the group of %s, and %s/%s is for the values of that group", name, c.Name, OverlaysDir, name)
			return NextCluster{}, errors.Join(errs...)
		case c.Name == f.Group && f.Group != "":
			refuse("", "--group %s is a cluster, and %s/%s is for the values of that cluster", f.Group, OverlaysDir, f.Group)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return NextCluster{}, err
	}
	for _, c := range plan.Clusters {
		if c.Name != name && c.Group == next.Group && next.Group != "" {
			next.NewGroup = false
			versions = append(versions, c.Kubernetes)
		}
	}
	if next.Kubernetes == "" {
		next.Kubernetes, next.Why = chooseVersion(versions, next.Group)
	}
	return next, nil
}

// chooseVersion gives the version of a cluster of which nobody said it, and why.
func chooseVersion(versions []string, group string) (chosen, why string) {
	slices.SortFunc(versions, func(a, b string) int {
		switch {
		case policy.Newer(a, b):
			return 1
		case policy.Newer(b, a):
			return -1
		}
		return 0
	})
	versions = slices.Compact(versions)
	newest := ", the newest that this tool knows"
	switch len(versions) {
	case 0:
		return admission.Newest(), newest
	case 1:
		return versions[0], ", as the other clusters of " + group + " have"
	default:
		return admission.Newest(), newest + ", since those of " + group + " differ (" + strings.Join(versions, ", ") + ")"
	}
}
