package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write makes dir hold exactly the files of the tree. They are written beside
// dir first and take its place by rename, so that a run that fails or is
// interrupted leaves what was there. Modes do not depend on the umask: 0644
// for files, 0755 for folders. Of no files there is no folder.
func (t Tree) Write(ctx context.Context, dir string) error {
	staged, err := t.stage(ctx, dir)
	if err != nil {
		return err
	}
	return errors.Join(staged.commit(), staged.discard())
}

// stagedFolder is a tree on the disk beside the folder whose place it is to take.
type stagedFolder struct {
	dir, stage string
	empty      bool
	parents    []string // that were made for it, the deepest first
	existed    bool     // dir was there when it was put into place
}

// stage writes the files of the tree beside dir.
func (t Tree) stage(ctx context.Context, dir string) (s *stagedFolder, err error) {
	parent, base := filepath.Dir(dir), filepath.Base(dir)
	s = &stagedFolder{dir: dir, empty: len(t) == 0, parents: absent(parent)}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("write tree %s: %w", dir, err)
	}
	sweep(parent, base)
	stage, err := os.MkdirTemp(parent, "."+base+".tmp-")
	if err != nil {
		return nil, fmt.Errorf("write tree %s: %w", dir, err)
	}
	s.stage = stage
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write tree %s: %w", dir, err), s.discard())
		}
	}()
	if err := os.Chmod(stage, 0o755); err != nil {
		return s, err
	}
	for _, name := range t.Paths() {
		if err := context.Cause(ctx); err != nil {
			return s, err
		}
		if err := writeFile(stage, filepath.FromSlash(name), t[name]); err != nil {
			return s, err
		}
	}
	return s, nil
}

// commit makes dir what was staged; what was there is then under stage's name.
func (s *stagedFolder) commit() error {
	_, err := os.Lstat(s.dir)
	s.existed = err == nil
	if err := replace(s.stage, s.dir); err != nil {
		return fmt.Errorf("write tree %s: %w", s.dir, err)
	}
	if s.empty {
		return os.Remove(s.dir)
	}
	return nil
}

// undo leaves dir as it was before commit.
func (s *stagedFolder) undo() error {
	switch {
	case s.existed:
		return replace(s.stage, s.dir)
	case s.empty:
		return nil
	default:
		return os.Rename(s.dir, s.stage)
	}
}

// discard removes what is left beside dir. Folders that were made for it go too if
// nothing is in them.
func (s *stagedFolder) discard() error {
	err := os.RemoveAll(s.stage)
	for _, parent := range s.parents {
		_ = os.Remove(parent) // refused where it holds something
	}
	return err
}

// absent gives the folders above a path, and itself, that are not there.
func absent(dir string) []string {
	var out []string
	for {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			return out
		}
		out, dir = append(out, dir), filepath.Dir(dir)
	}
}

// WriteFile replaces one file, by a temporary file beside it and a rename.
func WriteFile(path string, data []byte) error {
	temporary, err := writeBeside(path, data)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(temporary))
	}
	return nil
}

// writeBeside writes a temporary file beside path and returns its name.
func writeBeside(path string, data []byte) (temporary string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".tmp-")
	if err != nil {
		return "", err
	}
	_, werr := f.Write(data)
	if err := errors.Join(werr, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func writeFile(root, name string, data []byte) error {
	path := filepath.Join(root, name)
	for dir := filepath.Dir(name); dir != "."; dir = filepath.Dir(dir) {
		full := filepath.Join(root, dir)
		if err := os.MkdirAll(full, 0o755); err != nil {
			return err
		}
		if err := os.Chmod(full, 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err
	}
	return os.Chmod(path, 0o644)
}

// replace puts stage in dir's place. Where the system can exchange two names at
// once there is no moment without the folder; elsewhere the old one is moved
// aside first and put back if the second rename fails. The old files end up
// under stage's name, for the caller to remove.
func replace(stage, dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return os.Rename(stage, dir)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	if exchange(stage, dir) == nil {
		return nil
	}
	aside := stage + ".old"
	if err := os.Rename(dir, aside); err != nil {
		return err
	}
	if err := os.Rename(stage, dir); err != nil {
		return errors.Join(err, os.Rename(aside, dir))
	}
	return os.Rename(aside, stage)
}

// sweep removes what a killed run left beside dir; it is not an error if it
// cannot, since the new run uses a name of its own.
func sweep(parent, base string) {
	left, _ := filepath.Glob(filepath.Join(parent, "."+base+".tmp-*"))
	for _, l := range left {
		_ = os.RemoveAll(l)
	}
}
