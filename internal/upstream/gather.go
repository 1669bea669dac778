package upstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
)

// harvest is what lies in the selected folders, before single policies are left
// out of it.
type harvest struct {
	files    tree.Tree           // policies, what lies beside them, licences
	policies map[string][]string // path of a policy file to the names in it
	notes    []string            // what else lies there and is not taken
}

// walker gathers a harvest.
type walker struct {
	src    source
	got    harvest
	walked map[string]bool // folders, since selected ones may overlap
	passed map[string]bool // folders on the way to them
	errs   []error
}

func newWalker(src source) *walker {
	return &walker{src: src, walked: map[string]bool{}, passed: map[string]bool{},
		got: harvest{files: tree.New(), policies: map[string][]string{}}}
}

// gather walks the selected folders and no others, since a source may be a
// checkout of anything.
func gather(ctx context.Context, src source, sel project.Select) (harvest, error) {
	w := newWalker(src)
	for _, profile := range project.Profiles() {
		for _, p := range sel[profile].Paths {
			if err := w.enter(ctx, path.Clean(p)); err != nil {
				w.errs = append(w.errs, fmt.Errorf("select %s: %w", profile, err))
			}
		}
	}
	return w.done(ctx)
}

// gatherAll walks all of a source.
func gatherAll(ctx context.Context, src source) (harvest, error) {
	w := newWalker(src)
	w.walk(ctx, ".")
	return w.done(ctx)
}

func (w *walker) done(ctx context.Context) (harvest, error) {
	if ctx.Err() != nil {
		return harvest{}, context.Cause(ctx)
	}
	if err := errors.Join(w.errs...); err != nil {
		return harvest{}, err
	}
	w.tidy()
	return w.got, nil
}

// enter goes down to a selected folder one name at a time, so that a link on
// the way is seen, takes the licences it passes, and walks the folder.
func (w *walker) enter(ctx context.Context, dir string) error {
	if dir != "." && tree.CheckPath(dir) != nil {
		return fmt.Errorf("%q is not a plain path inside the source", dir)
	}
	at := "."
	for _, step := range strings.Split(dir, "/") {
		if step == "." {
			break
		}
		entries, err := w.src.list(at)
		if err != nil {
			return err
		}
		w.pass(ctx, at, entries)
		if err := isFolder(entries, at, step); err != nil {
			return err
		}
		at = path.Join(at, step)
	}
	w.walk(ctx, at)
	return nil
}

// pass takes the licences of a folder that is only passed.
func (w *walker) pass(ctx context.Context, dir string, entries []entry) {
	if w.passed[dir] || w.walked[dir] {
		return
	}
	w.passed[dir] = true
	for _, e := range entries {
		if isLegal(e.name) && e.kind != folder && w.allowed(dir, e) {
			w.take(ctx, path.Join(dir, e.name))
		}
	}
}

// isFolder says why a name among entries cannot be gone into.
func isFolder(entries []entry, at, step string) error {
	name := path.Join(at, step)
	var folders []string
	for _, e := range entries {
		switch {
		case e.name != step && e.kind == folder && !strings.HasPrefix(e.name, "."):
			folders = append(folders, e.name)
		case e.name != step:
		case e.kind == folder:
			return nil
		case e.kind == file:
			return policy.WithHint(fmt.Errorf("%s is a file, want a folder", name),
				"select its folder; a single policy of it is left out by its name with a leading dash")
		default:
			return refuse(name, e.kind)
		}
	}
	err := fmt.Errorf("the source has no folder %s", name)
	if len(folders) == 0 {
		return err
	}
	if alike := policy.Near(step, folders); len(alike) > 0 {
		folders = alike
	}
	return policy.WithHint(err, "folders there: "+some(folders))
}

// tidy leaves out tests and package files that stand beside no policy.
func (w *walker) tidy() {
	homes := map[string]bool{}
	for p := range w.got.policies {
		homes[path.Dir(p)] = true
	}
	alone := map[string]int{}
	for name := range w.got.files {
		if home := homeOf(name); !isLegal(path.Base(name)) && !homes[home] {
			delete(w.got.files, name)
			alone[home]++
		}
	}
	for _, home := range slices.Sorted(maps.Keys(alone)) {
		w.leaveOut(home, count(alone[home], "file", "files")+" with no policy beside")
	}
}
