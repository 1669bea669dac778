package overlay

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// outdated refuses the fields that kustomize has replaced. It writes a warning of its
// own for each, past every stream of this tool, and the old patches are none of those
// that are checked here.
func (o Overlay) outdated() error {
	now := map[string]string{
		"bases": "resources", "commonLabels": "labels", "imageTags": "images",
		"patchesJson6902": "patches", "patchesStrategicMerge": "patches", "vars": "replacements",
	}
	var errs []error
	for _, old := range slices.Sorted(maps.Keys(now)) {
		for _, e := range o.doc.Root().Entries() {
			if !strings.EqualFold(e.Key, old) { // as kustomize reads keys
				continue
			}
			errs = append(errs, policy.WithHint(fmt.Errorf("build overlay: %w", &manifest.Error{File: o.file, Line: e.Line,
				Msg: old + " is out of date in kustomize: write it as " + now[old]}), "`kustomize edit fix` in the folder does that"))
		}
	}
	return errors.Join(errs...)
}
