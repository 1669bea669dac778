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
func (t Tree) Write(ctx context.Context, dir string) (err error) {
	parent, base := filepath.Dir(dir), filepath.Base(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("write tree %s: %w", dir, err)
	}
	sweep(parent, base)
	stage, err := os.MkdirTemp(parent, "."+base+".tmp-")
	if err != nil {
		return fmt.Errorf("write tree %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	if err := os.Chmod(stage, 0o755); err != nil {
		return fmt.Errorf("write tree %s: %w", dir, err)
	}
	for _, name := range t.Paths() {
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("write tree %s: %w", dir, err)
		}
		if err := writeFile(stage, filepath.FromSlash(name), t[name]); err != nil {
			return fmt.Errorf("write tree %s: %w", dir, err)
		}
	}
	if err := replace(stage, dir); err != nil {
		return fmt.Errorf("write tree %s: %w", dir, err)
	}
	if len(t) == 0 {
		return os.Remove(dir)
	}
	return nil
}

// WriteFile replaces one file, by a temporary file beside it and a rename.
func WriteFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".tmp-")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
		}
	}()
	_, werr := f.Write(data)
	if err := errors.Join(werr, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
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
