package upstream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// Write makes dir hold exactly what was fetched and lockFile its lock. Both are
// complete on the disk before either takes its place, so that a full disk or a
// missing permission leaves everything as it was. Between the two renames that
// then follow, the tree is new and the lock old: a run killed just there leaves
// a pair that Check refuses.
func Write(ctx context.Context, dir, lockFile string, f Fetched) error {
	l, err := NewLock(f)
	if err != nil {
		return err
	}
	data, err := l.Encode()
	if err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("write %s: %w", dir, err)
	}
	if info, err := os.Lstat(lockFile); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write %s: it is not a regular file", lockFile)
	}
	if err := os.MkdirAll(filepath.Dir(lockFile), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", lockFile, err)
	}
	staged := filepath.Join(filepath.Dir(lockFile), "."+filepath.Base(lockFile)+".next")
	if err := tree.WriteFile(staged, data); err != nil {
		return err
	}
	if err := f.Tree.Write(ctx, dir); err != nil {
		return errors.Join(err, os.Remove(staged))
	}
	if err := os.Rename(staged, lockFile); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", lockFile, err), os.Remove(staged))
	}
	return nil
}

// Check reads a vendored tree and its lock and verifies the one by the other.
// Where either is missing the error matches fs.ErrNotExist, where they differ
// ErrDrift.
func Check(dir, lockFile string) (tree.Tree, Lock, error) {
	data, err := os.ReadFile(lockFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Lock{}, policy.WithHint(fmt.Errorf("read lock: %w", err), again)
	}
	if err != nil {
		return nil, Lock{}, fmt.Errorf("read lock: %w", err)
	}
	l, err := ParseLock(lockFile, data)
	if err != nil {
		return nil, Lock{}, err
	}
	t, err := tree.Read(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Lock{}, policy.WithHint(fmt.Errorf("read vendored tree: %w", err), again)
	}
	if err != nil {
		return nil, Lock{}, fmt.Errorf("read vendored tree: %w", err)
	}
	if err := l.Verify(t); err != nil {
		return nil, Lock{}, fmt.Errorf("verify %s by %s: %w", dir, lockFile, err)
	}
	return t, l, nil
}
