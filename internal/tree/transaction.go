package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Transaction puts folders and files into place together: all of them, or none. They
// lie beside their places until Commit. Whoever begins one has to Discard at the end.
// It may be filled by several goroutines.
type Transaction struct {
	guard sync.Mutex
	steps []step
	made  []string // folders above files, outermost first
}

// step is one folder or file on its way into place.
type step interface {
	// commit puts it into place and keeps what was there.
	commit() error
	// undo leaves the place as it was before commit.
	undo() error
	// discard removes what lies beside the place.
	discard() error
}

// Folder writes the files of a tree beside dir, which Commit makes hold exactly these.
// Of no files there is no folder. Dir has not changed then, and the tree need not be
// kept.
func (t *Transaction) Folder(ctx context.Context, dir string, files Tree) error {
	staged, err := files.stage(ctx, dir)
	if err != nil {
		return err
	}
	t.add(staged)
	return nil
}

// File writes a file beside path, whose place it takes on Commit. Folders above it that
// are missing are made at once; Discard removes them if nothing is in them.
func (t *Transaction) File(path string, data []byte) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write %s: it is not a regular file", path)
	}
	made, err := MakeFolders(filepath.Dir(path))
	t.guard.Lock()
	t.made = append(t.made, made...)
	t.guard.Unlock()
	if err != nil {
		return fmt.Errorf("write %s: %w", path, bare(err))
	}
	temporary, err := writeBeside(path, data)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	t.add(&stagedFile{path: path, temporary: temporary})
	return nil
}

// Create lists files below dir that Commit makes, each of which must not be there yet.
// They are by hand from then on, so an undone Commit removes nothing else.
func (t *Transaction) Create(dir string, files Tree) { t.add(&creation{dir: dir, files: files}) }

func (t *Transaction) add(s step) {
	t.guard.Lock()
	defer t.guard.Unlock()
	t.steps = append(t.steps, s)
}

// Commit puts everything into place, in the order in which it was given. If one step
// fails, those before it are undone, and what was there is there again.
func (t *Transaction) Commit() error {
	for i, s := range t.steps {
		if err := s.commit(); err != nil {
			errs := []error{err}
			for _, done := range slices.Backward(t.steps[:i]) {
				errs = append(errs, done.undo())
			}
			return errors.Join(errs...)
		}
	}
	return nil
}

// Discard removes what was not put into place, and what was there before. Folders that
// were made for it go too if nothing is in them.
func (t *Transaction) Discard() error {
	var errs []error
	for _, s := range t.steps {
		errs = append(errs, s.discard())
	}
	for _, dir := range slices.Backward(t.made) {
		_ = os.Remove(dir) // refused where it holds something
	}
	return errors.Join(errs...)
}

// stagedFile is a file that lies beside its place.
type stagedFile struct {
	path, temporary string // the second is empty once it has become the first
	former          string // another name of the file that was there; empty for none
}

func (f *stagedFile) commit() error {
	if err := f.setAside(); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	if err := os.Rename(f.temporary, f.path); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", f.path, err), f.undo())
	}
	f.temporary = ""
	return nil
}

// setAside keeps a file that is there under a second name. It is moved there only where
// the file system knows no links, since its place is empty until commit is done.
func (f *stagedFile) setAside() error {
	if info, err := os.Lstat(f.path); err != nil || info.IsDir() {
		return nil //nolint:nilerr // there is none, or the rename fails with the reason
	}
	f.former = f.temporary + ".former"
	if os.Link(f.path, f.former) == nil {
		return nil
	}
	err := os.Rename(f.path, f.former)
	if err != nil {
		f.former = ""
	}
	return err
}

func (f *stagedFile) undo() error {
	if f.former == "" {
		if f.temporary != "" {
			return nil // it never got there
		}
		return os.Remove(f.path)
	}
	// Of two links to one file this removes none; discard does.
	err := os.Rename(f.former, f.path)
	if err != nil {
		f.former = "" // the error names it, and it may be the only one
	}
	return err
}

func (f *stagedFile) discard() error {
	var errs []error
	for _, name := range []string{f.temporary, f.former} {
		if name == "" {
			continue
		}
		if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// creation is a set of files that are not there yet.
type creation struct {
	dir   string
	files Tree
	back  func() error
}

func (c *creation) commit() (err error) {
	c.back, err = c.files.Create(c.dir)
	return err
}

func (c *creation) undo() error    { return c.back() }
func (c *creation) discard() error { return nil }
