package chart

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"

	"github.com/vapchart/vapchart/internal/tree"
)

// Lint says what `helm lint --strict` says: the error joins every warning and
// error. Helm reads a chart from the disk only, so the tree is written to a
// temporary folder for it.
func Lint(ctx context.Context, name string, t tree.Tree, values map[string]any, kubernetes string) error {
	version, err := chartutil.ParseKubeVersion("v" + kubernetes + ".0")
	if err != nil {
		return fmt.Errorf("lint chart: kubernetes %q: %w", kubernetes, err)
	}
	tmp, err := os.MkdirTemp("", "vapchart-lint-")
	if err != nil {
		return fmt.Errorf("lint chart: %w", err)
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // a temporary folder that stays is not this run's failure
	dir := filepath.Join(tmp, name)
	if err := t.Write(ctx, dir); err != nil {
		return fmt.Errorf("lint chart: %w", err)
	}
	var errs []error
	for _, m := range lint.AllWithKubeVersion(dir, values, "default", version).Messages {
		if m.Severity >= support.WarningSev {
			errs = append(errs, fmt.Errorf("lint chart: %s: %w", m.Path, m.Err))
		}
	}
	return errors.Join(errs...)
}
