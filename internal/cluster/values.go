package cluster

import (
	"errors"
	"fmt"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
)

// Values gives the values of a cluster: what all share, what its group
// says and what it says itself, each on top of the one before, merged as Helm
// does. The cluster's own file has to be there, the others may be missing. The
// chart in files says which keys there are.
func Values(s term.Streams, p *project.Project, files tree.Tree, c project.Cluster) (map[string]any, error) {
	names, err := project.ClusterFiles(p, c)
	if err != nil {
		return nil, err
	}
	if p.Past {
		return chart.ReadValues(names)
	}
	return ReadValues(s, files, names)
}

// Whole decodes what the chart in files makes of values that are given.
func Whole(files tree.Tree, given map[string]any) (values.Values, error) {
	whole, err := chart.WholeValues(files, given)
	if err != nil {
		return values.Values{}, err
	}
	return values.Decode(whole)
}

// ReadValues reads and merges values files for the chart in files. A key that the
// chart does not know is an error, and so is an exception that has expired; one
// that will within 30 days is a note. A chart cannot know the date, so whoever
// reads the file has to.
func ReadValues(s term.Streams, files tree.Tree, names []string) (map[string]any, error) {
	layers, err := ReadLayers(files, names)
	if err != nil {
		return nil, err
	}
	merged := chart.MergeLayers(layers)
	expired, soon := values.Expiry(merged, s.Time().UTC())
	for _, n := range soon {
		s.Note("%s", n)
	}
	var errs []error
	for _, e := range expired {
		errs = append(errs, fmt.Errorf("read values: %s", e))
	}
	return merged, errors.Join(errs...)
}

// ReadLayers reads values files and refuses keys that the chart does not know;
// a chart that could not be read knows nothing.
func ReadLayers(files tree.Tree, names []string) ([]chart.Layer, error) {
	layers, err := chart.ReadLayers(names)
	return layers, errors.Join(err, chart.CheckKeys(files, layers))
}
