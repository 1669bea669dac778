package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// Names of what overlays/ holds besides a folder for each cluster and group.
const (
	overlaysDir  = "overlays"
	commonFolder = "common"
	valuesFile   = "values.yaml"
)

// joinClusters joins what is wrong with each of the clusters, by index. What is
// wrong with a file that several share is said once.
func joinClusters(clusters []config.Cluster, wrong []error) error {
	var first []error // of those with one text
	names := map[string][]string{}
	for i, err := range wrong {
		if err == nil {
			continue
		}
		for _, one := range flatten(err) {
			if names[one.Error()] == nil {
				first = append(first, one)
			}
			names[one.Error()] = append(names[one.Error()], clusters[i].Name)
		}
	}
	var errs []error
	for _, err := range first {
		errs = append(errs, clusterError(names[err.Error()], err))
	}
	return errors.Join(errs...)
}

// clusterError says of which clusters something is wrong.
func clusterError(names []string, err error) error {
	if err == nil {
		return nil
	}
	if len(names) == 1 {
		return fmt.Errorf("cluster %s: %w", names[0], err)
	}
	return fmt.Errorf("clusters %s: %w", strings.Join(names, ", "), err)
}

// findCluster gives the cluster of a name.
func findCluster(plan config.Plan, name string) (config.Cluster, error) {
	var names []string
	for _, c := range plan.Clusters {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	if len(names) == 0 {
		return config.Cluster{}, policy.WithHint(fmt.Errorf("find cluster %q: %s has no clusters", name, projectFile),
			"vapchart cluster add "+name)
	}
	err := fmt.Errorf("find cluster %q: %s has %s", name, projectFile, strings.Join(names, ", "))
	if near := policy.Near(name, names); len(near) > 0 {
		return config.Cluster{}, policy.WithHint(err, "near it: "+strings.Join(near, ", "))
	}
	return config.Cluster{}, policy.WithHint(err, "vapchart cluster add NAME adds one")
}

// clusterValues gives the values of a cluster: what all share, what its group
// says and what it says itself, each on top of the one before, merged as Helm
// does. The cluster's own file has to be there, the others may be missing. The
// chart in files says which keys there are.
func clusterValues(s Streams, p *project, files tree.Tree, c config.Cluster) (map[string]any, error) {
	names, err := clusterFiles(p, c)
	if err != nil {
		return nil, err
	}
	if p.past {
		return chart.ReadValues(names)
	}
	return readValues(s, files, names)
}

// clusterFiles gives the values files of a cluster, in the order in which they
// are merged.
func clusterFiles(p *project, c config.Cluster) ([]string, error) {
	own := p.path(overlaysDir, c.Name, valuesFile)
	var files []string
	for _, folder := range []string{commonFolder, c.Group} {
		file := p.path(overlaysDir, folder, valuesFile)
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
