package overlay

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/vapchart/vapchart/internal/manifest"
)

// patchesApply says of every patch whether there is an object that it is for.
// Kustomize passes over one whose target selects nothing, and stops at the first
// of the others.
func (o Overlay) patchesApply(objects resmap.ResMap) error {
	var errs []error
	for i, p := range o.content.Patches {
		if p.Target != nil {
			selected, err := objects.Select(*p.Target)
			switch {
			case err != nil:
				errs = append(errs, o.patchError(i, "target of patch %s: %s", nameOf(p), oneLine(err)))
			case len(selected) == 0:
				errs = append(errs, o.patchError(i, "patch %s no longer applies: there is no %s", nameOf(p), targetOf(p)))
			}
			continue
		}
		text := []byte(p.Patch)
		if p.Path != "" {
			var err error
			if text, err = os.ReadFile(filepath.Join(o.dir, p.Path)); err != nil {
				errs = append(errs, o.patchError(i, "patch %s is not there", p.Path))
				continue
			}
		}
		docs, err := manifest.Split(cmp.Or(p.Path, o.file), text)
		if err != nil {
			errs = append(errs, o.patchError(i, "patch %s: %s", nameOf(p), err))
		}
		for _, doc := range docs {
			_, kind := doc.TypeMeta()
			if name := doc.Scalar("metadata", "name"); name != "" && !has(objects, kind, name) {
				errs = append(errs, o.patchError(i, "patch %s no longer applies: there is no %s %s", nameOf(p), kind, name))
			}
		}
	}
	return errors.Join(errs...)
}

func has(objects resmap.ResMap, kind, name string) bool {
	for _, r := range objects.Resources() {
		if r.GetKind() == kind && (r.GetName() == name || r.OrgId().Name == name) {
			return true
		}
	}
	return false
}

// nameOf names a patch: its file, or that it stands in the kustomization.
func nameOf(p types.Patch) string { return cmp.Or(p.Path, "(inline)") }

// targetOf says what a patch is for.
func targetOf(p types.Patch) string {
	if p.Target == nil {
		return "its object"
	}
	t := p.Target
	parts := []string{cmp.Or(t.Kind, "object")}
	for _, part := range []string{t.Name, t.LabelSelector, t.AnnotationSelector} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}
