package upstream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/vapchart/vapchart/internal/policy"
)

// readLocal finds a commit in a repository on this machine, bare or with a work
// tree. Its objects are read in place; go-git's own transport for file:// would
// run a git binary.
func readLocal(ctx context.Context, dir, ref string) (*commitTree, error) {
	store, err := openLocal(dir)
	if err != nil {
		return nil, err
	}
	h := plumbing.NewHash(ref)
	if !isHash(ref) {
		all, err := localRefs(store)
		if err != nil {
			return nil, err
		}
		if h, err = all.find(ref); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return newCommitTree(store, h)
}

func openLocal(dir string) (*filesystem.Storage, error) {
	gitDir, err := findGitDir(dir)
	if err != nil {
		return nil, err
	}
	var common billy.Filesystem // where a linked work tree shares what is not its own
	text, err := os.ReadFile(filepath.Join(gitDir, "commondir"))
	switch {
	case err == nil:
		common = osfs.New(against(gitDir, strings.TrimSpace(string(text))))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("open repository: %w", err)
	}
	store := filesystem.NewStorageWithOptions(
		dotgit.NewRepositoryFilesystem(osfs.New(gitDir), common),
		cache.NewObjectLRUDefault(),
		filesystem.Options{AlternatesFS: osfs.New(string(filepath.Separator))})
	return store, checkFormat(store)
}

// findGitDir gives the folder of a repository that holds its objects.
func findGitDir(dir string) (string, error) {
	dot := filepath.Join(dir, ".git")
	info, err := os.Stat(dot)
	switch {
	case err == nil && info.IsDir():
		return dot, nil
	case err == nil: // a linked work tree or a submodule
		text, err := os.ReadFile(dot)
		if err != nil {
			return "", fmt.Errorf("open repository: %w", err)
		}
		target, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
		if !ok {
			return "", errors.New("open repository: its .git is a file that names no gitdir")
		}
		return against(dir, target), nil
	}
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("open repository: %w", cause(err))
	}
	for _, part := range []string{"objects", "HEAD"} {
		if _, err := os.Stat(filepath.Join(dir, part)); err != nil {
			return "", policy.WithHint(errors.New("open repository: there is no git repository"),
				"a folder without .git is named by directory, not by git")
		}
	}
	return dir, nil
}

func against(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// checkFormat refuses what would be read wrongly.
func checkFormat(store *filesystem.Storage) error {
	cfg, err := store.Config()
	if err != nil {
		return fmt.Errorf("open repository: read its config: %w", err)
	}
	extensions := cfg.Raw.Section("extensions")
	for _, e := range []struct{ key, want string }{{"objectFormat", "sha1"}, {"refStorage", "files"}} {
		if got := extensions.Option(e.key); got != "" && got != e.want {
			return policy.WithHint(fmt.Errorf("open repository: its %s is %s, only %s can be read", e.key, got, e.want),
				"check the version out and name the folder by directory")
		}
	}
	return nil
}

// localRefs gives all references, symbolic ones followed.
func localRefs(store storer.ReferenceStorer) (refs, error) {
	iter, err := store.IterReferences()
	if err != nil {
		return nil, fmt.Errorf("read references: %w", err)
	}
	all := refs{}
	err = iter.ForEach(func(r *plumbing.Reference) error {
		// One that leads nowhere, such as HEAD of an empty branch, is none.
		if end, err := storer.ResolveReference(store, r.Name()); err == nil {
			all[r.Name().String()] = end.Hash()
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read references: %w", err)
	}
	return all, nil
}
