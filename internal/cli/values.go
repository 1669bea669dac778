package cli

import (
	"errors"
	"fmt"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
)

// readValues reads and merges values files for the chart in files. A key that the
// chart does not know is an error, and so is an exception that has expired; one
// that will within 30 days is a note. A chart cannot know the date, so whoever
// reads the file has to.
func readValues(s Streams, files tree.Tree, names []string) (map[string]any, error) {
	layers, err := readLayers(files, names)
	if err != nil {
		return nil, err
	}
	merged := chart.MergeLayers(layers)
	expired, soon := values.Expiry(merged, s.Now().UTC())
	for _, n := range soon {
		s.note("%s", n)
	}
	var errs []error
	for _, e := range expired {
		errs = append(errs, fmt.Errorf("read values: %s", e))
	}
	return merged, errors.Join(errs...)
}

// readLayers reads values files and refuses keys that the chart does not know;
// a chart that could not be read knows nothing.
func readLayers(files tree.Tree, names []string) ([]chart.Layer, error) {
	layers, err := chart.ReadLayers(names)
	return layers, errors.Join(err, chart.CheckKeys(files, layers))
}
