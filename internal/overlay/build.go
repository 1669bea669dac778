package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// Overlay is the operator's own part of a cluster's folder.
type Overlay struct {
	dir     string // the cluster's
	file    string // of the kustomization, as errors name it
	name    string // of the kustomization in dir
	doc     manifest.Document
	text    []byte // the same as it lies on the disk
	content types.Kustomization
}

// Read reads the kustomization of a cluster's folder; ok is false where there is
// none.
func Read(dir string) (o Overlay, ok bool, err error) {
	full, err := filepath.Abs(dir)
	if err == nil {
		o.dir, err = filepath.EvalSymlinks(full) // kustomize speaks of folders so
	}
	if errors.Is(err, fs.ErrNotExist) {
		return o, false, nil
	} else if err != nil {
		return o, false, fmt.Errorf("build overlay: %w", err)
	}
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		file := filepath.ToSlash(filepath.Join(dir, name))
		text, err := os.ReadFile(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return o, false, fmt.Errorf("build overlay: %w", err)
		case ok:
			return o, false, fmt.Errorf("build overlay: %s and %s are both there: keep one", o.file, file)
		}
		o.name, o.file, o.text, ok = name, file, text, true
		if o.doc, err = manifest.One(o.file, text); err != nil {
			return o, false, fmt.Errorf("build overlay: %w", err)
		}
		if err := o.content.Unmarshal(text); err != nil {
			return o, false, fmt.Errorf("build overlay: %w", o.doc.Errorf("%s", oneLine(err)))
		}
		o.content.FixKustomization()
	}
	return o, ok, nil
}

// Plain says that the operator takes what is generated as it is: then nothing has
// to be built to know what comes out.
func (o Overlay) Plain() bool {
	rest := o.content
	rest.TypeMeta, rest.MetaData, rest.Resources = types.TypeMeta{}, nil, nil
	return slices.Equal(o.content.Resources, []string{RenderedDir}) && reflect.ValueOf(rest).IsZero()
}

// Build gives the objects of the cluster, as `kustomize build` and `kubectl
// kustomize` do of its folder once rendered is in it. What is wrong with any patch
// is in the error, each with its object. Not for several goroutines: kustomize
// keeps schemas of its own.
func (o Overlay) Build(rendered tree.Tree) ([]manifest.Document, error) {
	generated := tree.New()
	if err := generated.Merge(RenderedDir, rendered); err != nil {
		return nil, fmt.Errorf("build overlay: %w", err)
	}
	if err := o.local(generated); err != nil {
		return nil, err
	}
	unpatched, err := o.run(generated, 0)
	if err != nil {
		return nil, o.failed(err)
	}
	if err := o.patchesApply(unpatched, generated); err != nil {
		return nil, err
	}
	all, err := o.run(generated, len(o.content.Patches))
	if err != nil {
		return nil, o.blame(generated, err)
	}
	text, err := all.AsYaml()
	if err != nil {
		return nil, o.failed(err)
	}
	return manifest.Split("kustomize build "+path.Dir(o.file), text) // lines of what it writes
}

// run has kustomize do its work, with the first patches alone.
func (o Overlay) run(generated tree.Tree, patches int) (resmap.ResMap, error) {
	files := generated
	if patches < len(o.content.Patches) {
		fewer := o.content
		fewer.Patches = fewer.Patches[:patches]
		text, err := manifest.Encode(fewer)
		if err != nil {
			return nil, err
		}
		files = tree.New()
		if err := errors.Join(files.Merge(".", generated), files.Add(o.name, text)); err != nil {
			return nil, err
		}
	}
	disk, err := newLayered(o.dir, files)
	if err != nil {
		return nil, err
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // as the command line has it
	return krusty.MakeKustomizer(options).Run(disk, o.dir)
}

// blame finds the patch that kustomize stumbles over.
func (o Overlay) blame(generated tree.Tree, failed error) error {
	for i, p := range o.content.Patches {
		if _, err := o.run(generated, i+1); err != nil {
			return o.patchError(i, "patch %s no longer applies to %s: %s", nameOf(p), targetOf(p), oneLine(err))
		}
	}
	return o.failed(failed)
}

func (o Overlay) failed(err error) error {
	return fmt.Errorf("build overlay: %w", &manifest.Error{File: o.file, Line: o.doc.Line, Msg: oneLine(err)})
}

func (o Overlay) patchError(i int, format string, args ...any) error {
	return policy.WithHint(fmt.Errorf("build overlay: %w", &manifest.Error{
		File: o.file, Line: o.doc.LineOf("patches", i), Msg: fmt.Sprintf(format, args...)}),
		"mend or take out the patch; "+RenderedDir+"/ has the objects as they are now, once build passes without it")
}

// oneLine gives an error's text with every run of blanks as one.
func oneLine(err error) string {
	return string(bytes.Join(bytes.Fields([]byte(err.Error())), []byte(" ")))
}
