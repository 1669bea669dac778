package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/policy"
)

// Names of what overlays/ holds besides a folder for each cluster and group.
const (
	overlaysDir  = "overlays"
	commonFolder = "common"
	valuesFile   = "values.yaml"
)

// clusterValues gives the values of a cluster: what all share, what its group
// says and what it says itself, each on top of the one before, merged as Helm
// does. The cluster's own file has to be there, the others may be missing.
func clusterValues(s Streams, p *project, c config.Cluster) (map[string]any, error) {
	files, err := clusterFiles(p, c)
	if err != nil {
		return nil, err
	}
	return readValues(s, files)
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
			"write the file, or take the cluster out of "+projectFile)
	}
	return append(files, own), nil
}
