package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// Folder is a folder of the project that build makes as a whole.
type Folder struct {
	folder string
	files  tree.Tree
}

// Outputs takes what a build makes, folder by folder, and keeps none of it in
// memory: it is compared with what is there, or lies beside that until all of it
// has been made. Fit for several goroutines.
type Outputs struct {
	p     *project.Project
	check bool // only compare
	force bool // also replace what was changed by hand

	tree.Transaction
	guard  sync.Mutex
	diffs  map[string][]byte // by folder
	edited map[string]error  // by folder
	Kept   *Kept             // what a release is made of; nil where nobody asks
}

// Kept is what of a build lies in memory until a release is made of it.
type Kept struct {
	Folders map[string]tree.Tree           // as generated
	Objects map[string][]manifest.Document // of each cluster, as it gets them
}

// keepRendered keeps what a cluster gets where nothing is patched: the objects of
// its generated folder.
func (o *Outputs) keepRendered(c project.Cluster, files tree.Tree) error {
	if o.Kept == nil {
		return nil
	}
	var docs []manifest.Document
	for _, name := range files.Paths() {
		if name == "kustomization.yaml" || path.Ext(name) != ".yaml" {
			continue
		}
		all, err := manifest.Split(inOverlay(c, overlay.RenderedDir)+"/"+name, files[name])
		if err != nil {
			return err
		}
		docs = append(docs, all...)
	}
	o.keepObjects(c, docs)
	return nil
}

// keepObjects keeps what a cluster gets, if that is asked for.
func (o *Outputs) keepObjects(c project.Cluster, docs []manifest.Document) {
	if o.Kept == nil {
		return
	}
	o.guard.Lock()
	defer o.guard.Unlock()
	o.Kept.Objects[c.Name] = docs
}

// NewOutputs begins with no folder. Of the options it takes Check and Force.
func NewOutputs(p *project.Project, f Options) *Outputs {
	return &Outputs{p: p, check: f.Check, force: f.Force, diffs: map[string][]byte{}, edited: map[string]error{}}
}

// put takes one folder.
func (o *Outputs) put(ctx context.Context, g Folder) error {
	dir := o.p.Path(filepath.FromSlash(g.folder))
	there, err := tree.ReadIfThere(dir)
	if err != nil {
		return fmt.Errorf("write %s: %w", g.folder, err)
	}
	files := g.files.Sealed()
	if o.Kept != nil {
		o.guard.Lock()
		o.Kept.Folders[g.folder] = files
		o.guard.Unlock()
	}
	if maps.EqualFunc(there, files, bytes.Equal) {
		return nil
	}
	var diff []byte
	byHand := len(there.Edited()) > 0 && !o.force
	switch {
	case o.check:
		diff = tree.Diff(g.folder+"/", there, files)
	case !byHand:
		return o.Folder(ctx, dir, files)
	}
	o.guard.Lock()
	defer o.guard.Unlock()
	switch {
	case o.check:
		o.diffs[g.folder] = diff
	case byHand:
		o.edited[g.folder] = handMade(g.folder, there)
	}
	return nil
}

// handMade is the finding that a generated folder holds what no build wrote.
func handMade(folder string, there tree.Tree) error {
	if !there.Generated() {
		return term.Finding(policy.WithHint(fmt.Errorf("write %s: no build wrote what is there: it has no %s", folder, tree.SealFile),
			"move it away, or replace it with --force"))
	}
	const shown = 3
	edited := there.Edited()
	list := strings.Join(edited[:min(len(edited), shown)], ", ")
	if more := len(edited) - shown; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return term.Finding(policy.WithHint(fmt.Errorf("write %s: changed by hand: %s", folder, list),
		"a build replaces it as a whole: change the values, or patch in the cluster's kustomization; --force replaces it now"))
}

// Finish puts all folders into place, or says how they differ. None is touched
// unless all can be.
func (o *Outputs) Finish(s term.Streams) error {
	var errs []error
	for _, folder := range slices.Sorted(maps.Keys(o.diffs)) {
		if _, err := s.Out.Write(o.diffs[folder]); err != nil {
			return err
		}
		errs = append(errs, term.Finding(errors.New("check "+folder+": it is not what build makes; run vapchart build")))
	}
	for _, folder := range slices.Sorted(maps.Keys(o.edited)) {
		errs = append(errs, o.edited[folder])
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return o.Commit()
}

// inOverlay gives a generated folder of a cluster.
func inOverlay(c project.Cluster, folder string) string {
	return path.Join(project.OverlaysDir, c.Name, folder)
}

func writeArchive(plan project.Plan, dir string, made tree.Tree) (string, error) {
	if dir == "" {
		return "", nil
	}
	data, err := chart.Archive(plan.Chart.Name, made)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("write archive: %w", err)
	}
	file := filepath.Join(dir, plan.Chart.Name+"-"+plan.Chart.Version+".tgz")
	return filepath.ToSlash(file), tree.WriteFile(file, data)
}
