package upstream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// Write makes dir hold exactly what was fetched and lockFile its lock: both, or
// neither. Between the two renames the tree is new and the lock old: a run killed
// just there leaves a pair that Check refuses.
func Write(ctx context.Context, dir, lockFile string, f Fetched) (err error) {
	var t tree.Transaction
	defer func() { err = errors.Join(err, t.Discard()) }()
	if err := Stage(ctx, &t, dir, lockFile, f); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("write %s: %w", dir, err)
	}
	return t.Commit()
}

// Stage adds what was fetched and its lock to a transaction.
func Stage(ctx context.Context, t *tree.Transaction, dir, lockFile string, f Fetched) error {
	l, err := NewLock(f)
	if err != nil {
		return err
	}
	data, err := l.Encode()
	if err != nil {
		return err
	}
	if err := t.Folder(ctx, dir, f.Tree); err != nil {
		return err
	}
	return t.File(lockFile, data)
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
