package upstream

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
)

// ErrNotKnown says that a source serves other files than those that a version
// of its name is known by.
var ErrNotKnown = errors.New("the source is not the version that is known by this name")

// KnownLocks reads the known-good locks of a folder, `<ref>.lock.yaml` each,
// and gives them by ref.
func KnownLocks(fsys fs.FS) (map[string]Lock, error) {
	const suffix = ".lock.yaml"
	names, err := fs.Glob(fsys, "*"+suffix)
	if err != nil {
		return nil, fmt.Errorf("read known locks: %w", err)
	}
	out := map[string]Lock{}
	var errs []error
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("read known locks: %w", err))
			continue
		}
		l, err := ParseLock(name, data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		ref := strings.TrimSuffix(name, suffix)
		if l.Ref != ref || l.Commit == "" || l.Digest != digestOf(l.Files) {
			errs = append(errs, fmt.Errorf("read known locks: %s: want the ref %s, a commit and the digest of its files", name, ref))
			continue
		}
		out[ref] = l
	}
	return out, errors.Join(errs...)
}

// verdict is what the known locks say of a source.
type verdict struct {
	commit string // of the known version, where all that was taken is its content
	notes  []string
}

// compare holds what was gathered against the known lock of its ref, or of its
// commit where it goes by another name. Content decides, not who serves it and
// not the commit. The error matches ErrNotKnown and lists every difference.
func compare(known map[string]Lock, pin policy.Pin, sel project.Select, t tree.Tree) (verdict, error) {
	if pin.Ref == "" {
		return verdict{}, nil
	}
	l, ok := findKnown(known, pin)
	if !ok {
		return verdict{notes: []string{fmt.Sprintf(
			"no known lock for %s: nothing but %s vouches for what it holds", pin.Ref, pin.Source)}}, nil
	}
	inside, outside := l.split(t)
	if lines := differences(l.selected(sel, inside), inside); len(lines) > 0 {
		err := fmt.Errorf("%w, %s of %s at commit %s", ErrNotKnown, l.Ref, l.Source, l.Commit)
		return verdict{}, policy.WithHint(listing(err, lines),
			"take an unaltered copy of that version; policies of your own need a ref of their own")
	}
	var v verdict
	if len(outside) > 0 {
		v.notes = append(v.notes, fmt.Sprintf("the known lock of %s does not cover %s in %s",
			l.Ref, count(len(outside), "file", "files"), some(tops(outside))))
	} else {
		v.commit = l.Commit
	}
	if pin.Commit != "" && pin.Commit != l.Commit {
		v.notes = append(v.notes, fmt.Sprintf("%s is commit %s here and was known as %s; what was taken is the same",
			pin.Ref, pin.Commit, l.Commit))
	}
	return v, nil
}

func findKnown(known map[string]Lock, pin policy.Pin) (Lock, bool) {
	// A full name must not lead around the lock of the short one.
	short := regexp.MustCompile(`^refs/(heads|tags|remotes/[^/]+)/`).ReplaceAllString(pin.Ref, "")
	if l, ok := known[short]; ok {
		return l, true
	}
	for _, ref := range slices.Sorted(maps.Keys(known)) {
		if l := known[ref]; l.Commit == pin.Commit {
			return l, true
		}
	}
	return Lock{}, false
}

// split parts a tree into what the lock speaks about, which is its files and
// everything in its top-level folders, and the paths of all else.
func (l Lock) split(t tree.Tree) (inside tree.Tree, outside []string) {
	covered := map[string]bool{}
	for name := range l.Files {
		if top, _, deep := strings.Cut(name, "/"); deep {
			covered[top] = true
		}
	}
	inside = tree.New()
	for _, name := range t.Paths() {
		top, _, deep := strings.Cut(name, "/")
		if _, listed := l.Files[name]; listed || deep && covered[top] {
			inside[name] = t[name]
		} else {
			outside = append(outside, name)
		}
	}
	return inside, outside
}

// tops gives the first parts of sorted paths, each once.
func tops(paths []string) []string {
	var out []string
	for _, p := range paths {
		top, _, _ := strings.Cut(p, "/")
		out = append(out, top)
	}
	return slices.Compact(out)
}

// selected gives the lock's files that a selection must have brought: those in
// the selected folders, the licences on the way to them, and what it did bring.
func (l Lock) selected(sel project.Select, got tree.Tree) map[string]string {
	out := map[string]string{}
	for name, digest := range l.Files {
		_, there := got[name]
		if there || l.wants(sel, name) {
			out[name] = digest
		}
	}
	return out
}

func (l Lock) wants(sel project.Select, name string) bool {
	for _, f := range sel {
		for _, dir := range f.Paths {
			if under(name, dir) || isLegal(path.Base(name)) && under(path.Clean(dir)+"/", path.Dir(name)) {
				return true
			}
		}
	}
	return false
}
