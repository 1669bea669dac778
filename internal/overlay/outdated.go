package overlay

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// outdated refuses the fields that kustomize has replaced. It writes a warning of its
// own for each, past every stream of this tool, and the old patches are none of those
// that are checked here.
func (o Overlay) outdated() error {
	var k types.Kustomization // as it is written: fixing one moves some of the fields
	if err := k.Unmarshal(o.text); err != nil {
		return o.failed(err)
	}
	now := map[string]struct {
		used bool
		name string
	}{
		"bases":                 {k.Bases != nil, "resources"},
		"commonLabels":          {k.CommonLabels != nil, "labels"},
		"imageTags":             {k.ImageTags != nil, "images"},
		"patchesJson6902":       {k.PatchesJson6902 != nil, "patches"},
		"patchesStrategicMerge": {k.PatchesStrategicMerge != nil, "patches"},
		"vars":                  {k.Vars != nil, "replacements"},
	}
	var errs []error
	for _, old := range slices.Sorted(maps.Keys(now)) {
		if !now[old].used {
			continue
		}
		line := o.doc.Line
		for _, e := range o.doc.Root().Entries() {
			if strings.EqualFold(e.Key, old) { // as kustomize reads keys
				line = e.Line
			}
		}
		errs = append(errs, policy.WithHint(fmt.Errorf("build overlay: %w", &manifest.Error{File: o.file, Line: line,
			Msg: old + " is out of date in kustomize: write it as " + now[old].name}), "`kustomize edit fix` in the folder does that"))
	}
	return errors.Join(errs...)
}
