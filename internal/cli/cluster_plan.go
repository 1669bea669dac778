package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/policy"
)

// validate refuses what cannot be meant in any project, all of it at once.
func (f clusterFlags) validate(name string) error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, usageError{fmt.Errorf("cluster add: "+format, args...)})
	}
	if msgs := validation.IsDNS1123Label(name); len(msgs) > 0 {
		refuse("%q cannot be the name of a cluster: %s", name, strings.Join(msgs, ", "))
	}
	if msgs := validation.IsDNS1123Label(f.group); f.group != "" && len(msgs) > 0 {
		refuse("--group %q cannot be the name of a group: %s", f.group, strings.Join(msgs, ", "))
	}
	for _, taken := range []string{name, f.group} {
		if taken == commonFolder {
			refuse("%s is not for a cluster or a group: %s/%s is for the values that all share", taken, overlaysDir, taken)
		}
	}
	if name == f.group && f.group != "" {
		refuse("--group %s is the cluster's own name, and both would have their values in %s/%s", f.group, overlaysDir, name)
	}
	minor := regexp.MustCompile(`^1\.[0-9]+$`).MatchString(f.kubernetes)
	if f.kubernetes != "" && (!minor || config.Newer(admission.Oldest, f.kubernetes) || config.Newer(f.kubernetes, admission.Newest())) {
		refuse("--kubernetes %q is not a minor version from %s to %s", f.kubernetes, admission.Oldest, admission.Newest())
	}
	return errors.Join(errs...)
}

// planCluster says which cluster the arguments mean in a project: one to add, or
// one that is listed, which the flags must not contradict.
func planCluster(plan config.Plan, f clusterFlags, name string) (nextCluster, error) {
	if err := f.validate(name); err != nil {
		return nextCluster{}, err
	}
	next := nextCluster{Cluster: config.Cluster{Name: name, Group: f.group, Kubernetes: f.kubernetes}, newGroup: f.group != ""}
	var errs []error
	refuse := func(hint, format string, args ...any) {
		errs = append(errs, policy.WithHint(fmt.Errorf("add cluster %s: "+format, append([]any{name}, args...)...), hint))
	}
	var versions []string // of the group's other clusters
	for _, c := range plan.Clusters {
		switch {
		case c.Name == name:
			if f.group != "" && f.group != c.Group || f.kubernetes != "" && f.kubernetes != c.Kubernetes {
				refuse("a cluster that is listed is changed in "+projectFile+" itself", "%s lists it as %s", projectFile, c)
			}
			next.Cluster, next.listed, next.newGroup = c, true, false
		case c.Group == name:
			refuse("choose another name", "%s is the group of %s, and %s/%s is for the values of that group", name, c.Name, overlaysDir, name)
			return nextCluster{}, errors.Join(errs...)
		case c.Name == f.group && f.group != "":
			refuse("", "--group %s is a cluster, and %s/%s is for the values of that cluster", f.group, overlaysDir, f.group)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nextCluster{}, err
	}
	for _, c := range plan.Clusters {
		if c.Name != name && c.Group == next.Group && next.Group != "" {
			next.newGroup = false
			versions = append(versions, c.Kubernetes)
		}
	}
	if next.Kubernetes == "" {
		next.Kubernetes, next.why = chooseVersion(versions, next.Group)
	}
	return next, nil
}

// chooseVersion gives the version of a cluster of which nobody said it, and why.
func chooseVersion(versions []string, group string) (chosen, why string) {
	slices.SortFunc(versions, func(a, b string) int {
		switch {
		case config.Newer(a, b):
			return 1
		case config.Newer(b, a):
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
