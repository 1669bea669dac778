package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// Add names the stages: what to list, which files are missing, and both
// written. The list comes last: a run that is killed before leaves files that the
// next run keeps, and never a cluster without files.
func Add(ctx context.Context, s term.Streams, p *project.Project, f project.ClusterOptions, name string) error {
	plan, text, err := p.Load()
	if err != nil {
		return err
	}
	next, err := project.PlanCluster(plan, f, name)
	if err != nil {
		return err
	}
	var changed []byte
	if !next.Listed {
		if changed, err = project.AddCluster(filepath.ToSlash(p.Path(project.File)), text, next.Cluster); err != nil {
			return err
		}
	}
	begin, err := startFiles(p, next)
	if err != nil {
		return fmt.Errorf("add cluster %s: %w", name, err)
	}
	if next.Listed && len(begin.missing) == 0 {
		return policy.WithHint(fmt.Errorf("add cluster %s: %s lists it, and no file of it is missing", name, project.File),
			"vapchart values "+name+" shows what it has")
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	var t tree.Transaction
	t.Create(p.Path(project.OverlaysDir), begin.missing)
	if changed != nil {
		err = t.File(p.Path(project.File), changed)
	}
	if err == nil {
		err = t.Commit()
	}
	if err = errors.Join(err, t.Discard()); err != nil {
		return fmt.Errorf("add cluster %s: %w", name, err)
	}
	return tellAdded(s, next, begin)
}

// startSet is the files that an overlay begins with.
type startSet struct {
	missing tree.Tree // to write
	kept    []string  // those that are there
	note    string    // on the latter; may be empty
}

// startFiles looks which files of an overlay are there. A kustomization may have
// another of the names that kustomize knows.
func startFiles(p *project.Project, c project.NextCluster) (out startSet, err error) {
	files, err := overlay.StartCluster(c.Name, c.Group)
	if err != nil {
		return out, err
	}
	if c.NewGroup {
		group, err := overlay.StartGroup(c.Group)
		if err != nil {
			return out, err
		}
		if err := files.Merge(".", group); err != nil {
			return out, err
		}
	}
	own, ok, err := overlay.Read(p.Path(project.OverlaysDir, c.Name))
	if err != nil {
		return out, err
	}
	if ok {
		delete(files, path.Join(c.Name, overlay.Kustomization))
		out.kept = append(out.kept, path.Join(c.Name, path.Base(own.File())))
	}
	for _, name := range files.Paths() {
		_, err := os.Lstat(p.Path(project.OverlaysDir, filepath.FromSlash(name)))
		var inner *fs.PathError
		switch {
		case err == nil:
			out.kept = append(out.kept, name)
			delete(files, name)
		case errors.Is(err, fs.ErrNotExist):
		case errors.As(err, &inner):
			return out, fmt.Errorf("look for %s/%s: %w", project.OverlaysDir, name, inner.Err)
		default:
			return out, err
		}
	}
	if ok && !own.NamesRendered() {
		out.note = fmt.Sprintf("%s does not name %s below resources, so the cluster would get nothing of the chart", own.File(), overlay.RenderedDir)
	}
	out.missing = files
	return out, nil
}

// tellAdded says what was done and what comes next.
func tellAdded(s term.Streams, c project.NextCluster, begin startSet) error {
	var errs []error
	tell := func(verb, format string, args ...any) {
		errs = append(errs, s.Result("%-10s "+format, append([]any{verb}, args...)...))
	}
	group := "no group"
	if c.Group != "" {
		group = "group " + c.Group
	}
	if c.Listed {
		tell("listed", "%s in %s already: %s, kubernetes %s", c.Name, project.File, group, c.Kubernetes)
	} else {
		tell("added", "%s to %s: %s, kubernetes %s%s", c.Name, project.File, group, c.Kubernetes, c.Why)
	}
	for _, name := range begin.missing.Paths() {
		tell("wrote", "%s", path.Join(project.OverlaysDir, name))
	}
	for _, name := range begin.kept {
		tell("kept", "%s, which was there", path.Join(project.OverlaysDir, name))
	}
	own := path.Join(c.Name, overlay.ValuesFile)
	if begin.note != "" {
		s.Note("%s", begin.note)
	}
	if _, wrote := begin.missing[own]; wrote {
		tell("next", "write what is different here into %s, then run vapchart build", path.Join(project.OverlaysDir, own))
	} else {
		tell("next", "run vapchart build")
	}
	return errors.Join(errs...)
}
