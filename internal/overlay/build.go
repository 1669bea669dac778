package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
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
	all, err := o.local(generated)
	if err != nil {
		return nil, err
	}
	unpatched, err := o.unpatched(generated, all)
	if err != nil {
		return nil, o.failed(err)
	}
	errs := make([]error, len(all))
	for i, part := range all {
		errs[i] = part.patchesApply(unpatched)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	built, err := o.run(generated)
	if err != nil {
		return nil, o.blame(generated, err)
	}
	text, err := built.AsYaml()
	if err != nil {
		return nil, o.failed(err)
	}
	return manifest.Split("kustomize build "+path.Dir(o.file), text) // lines of what it writes
}

// unpatched gives the objects without the patches of this kustomization and of all
// that it names.
func (o Overlay) unpatched(generated tree.Tree, all []Overlay) (resmap.ResMap, error) {
	files := maps.Clone(generated)
	for _, part := range all {
		if err := part.without(files, o.dir, 0); err != nil {
			return nil, err
		}
	}
	return o.run(files)
}

// without puts the kustomization with its first patches alone among the files in
// front of a folder.
func (o Overlay) without(files tree.Tree, root string, patches int) error {
	fewer := o.content
	fewer.Patches = fewer.Patches[:patches]
	if fewer.GeneratorOptions == nil {
		fewer.GeneratorOptions = &types.GeneratorOptions{} // one with nothing in it is an error
	}
	text, err := manifest.Encode(fewer)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(root, filepath.Join(o.dir, o.name))
	files[filepath.ToSlash(rel)] = text
	return err
}

// run has kustomize do its work, with files in front of the disk.
func (o Overlay) run(files tree.Tree) (resmap.ResMap, error) {
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
		files := maps.Clone(generated)
		if o.without(files, o.dir, i+1) != nil {
			break
		}
		if _, err := o.run(files); err != nil {
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
