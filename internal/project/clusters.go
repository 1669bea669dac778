package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/term"
)

// Names of what overlays/ holds besides a folder for each cluster and group.
const (
	OverlaysDir = "overlays"
	Common      = "common"
	ValuesFile  = "values.yaml"
)

// JoinClusters joins what is wrong with each of the clusters, by index. What is
// wrong with a file that several share is said once.
func JoinClusters(clusters []Cluster, wrong []error) error {
	var first []error // of those with one text
	names := map[string][]string{}
	for i, err := range wrong {
		if err == nil {
			continue
		}
		for _, one := range term.Flatten(err) {
			if names[one.Error()] == nil {
				first = append(first, one)
			}
			names[one.Error()] = append(names[one.Error()], clusters[i].Name)
		}
	}
	var errs []error
	for _, err := range first {
		errs = append(errs, ClusterError(names[err.Error()], err))
	}
	return errors.Join(errs...)
}

// ClusterError says of which clusters something is wrong.
func ClusterError(names []string, err error) error {
	if err == nil {
		return nil
	}
	if len(names) == 1 {
		return fmt.Errorf("cluster %s: %w", names[0], err)
	}
	return fmt.Errorf("clusters %s: %w", strings.Join(names, ", "), err)
}

// FindCluster gives the cluster of a name.
func FindCluster(plan Plan, name string) (Cluster, error) {
	var names []string
	for _, c := range plan.Clusters {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	if len(names) == 0 {
		return Cluster{}, policy.WithHint(fmt.Errorf("find cluster %q: %s has no clusters", name, File),
			"vapchart cluster add "+name)
	}
	err := fmt.Errorf("find cluster %q: %s has %s", name, File, strings.Join(names, ", "))
	if near := policy.Near(name, names); len(near) > 0 {
		return Cluster{}, policy.WithHint(err, "near it: "+strings.Join(near, ", "))
	}
	return Cluster{}, policy.WithHint(err, "vapchart cluster add NAME adds one")
}

// ClusterFiles gives the values files of a cluster, in the order in which they
// are merged.
func ClusterFiles(p *Project, c Cluster) ([]string, error) {
	own := p.Path(OverlaysDir, c.Name, ValuesFile)
	var files []string
	for _, folder := range []string{Common, c.Group} {
		file := p.Path(OverlaysDir, folder, ValuesFile)
		_, err := os.Stat(file)
		switch {
		case folder == "" || errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("read values: %w", err)
		default:
			files = append(files, file)
		}
	}
	if _, err := os.Stat(own); errors.Is(err, fs.ErrNotExist) {
		return nil, policy.WithHint(fmt.Errorf("read values: no %s", filepath.ToSlash(own)),
			"vapchart cluster add "+c.Name+" writes the files that are missing")
	}
	return append(files, own), nil
}
