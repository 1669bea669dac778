package chart

import (
	"fmt"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/vapchart/vapchart/internal/tree"
)

// WholeValues gives the values that the chart's templates see: its own defaults
// and, over them, those that are given. A key that is null there is taken away.
func WholeValues(t tree.Tree, values map[string]any) (map[string]any, error) {
	c, err := load(t)
	if err != nil {
		return nil, err
	}
	out, err := chartutil.CoalesceValues(c, values)
	if err != nil {
		return nil, fmt.Errorf("merge values: %w", err)
	}
	return out, nil
}
