package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Create writes the files of the tree below dir, each of which must not be there
// yet: all of them, or none if one cannot be written. It is for files that are by
// hand from then on. Undo takes away what it made, folders too, as long as there
// is nothing else in them.
func (t Tree) Create(dir string) (undo func() error, err error) {
	var made []string // files and folders, in the order in which they were made
	undo = func() error {
		var errs []error
		for _, p := range slices.Backward(made) {
			if info, err := os.Lstat(p); err == nil && info.IsDir() {
				_ = os.Remove(p) // a folder that somebody uses stays
			} else {
				errs = append(errs, os.Remove(p))
			}
		}
		made = nil
		return errors.Join(errs...)
	}
	for _, name := range t.Paths() {
		file := filepath.Join(dir, filepath.FromSlash(name))
		folders, err := MakeFolders(filepath.Dir(file))
		made = append(made, folders...)
		if err == nil {
			err = createFile(file, t[name], &made)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("create %s: %w", filepath.ToSlash(file), bare(err)), undo())
		}
	}
	return undo, nil
}

// MakeFolders makes a folder and those above it, and gives the ones that were
// not there, outermost first, even where it fails on the way.
func MakeFolders(dir string) ([]string, error) {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil, nil
	case err == nil:
		return nil, fmt.Errorf("%s is not a folder", filepath.ToSlash(dir))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	made, err := MakeFolders(filepath.Dir(dir))
	if err != nil {
		return made, err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return made, err
	}
	return append(made, dir), os.Chmod(dir, 0o755)
}

// createFile writes a file that is not there, and enters it into made as soon as
// it is.
func createFile(file string, data []byte, made *[]string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	*made = append(*made, file)
	_, err = f.Write(data)
	return errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
}

// bare gives an error on a file without its name and that of the system call.
func bare(err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		return inner.Err
	}
	return err
}
