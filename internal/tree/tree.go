// Package tree owns sets of generated files in memory: their digest, their
// difference and the one way they reach the disk. Generators return a Tree;
// only Write touches a folder, and it replaces that folder whole.
package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"
)

// Tree is a set of regular files: slash-separated relative path to content.
// The zero value is an empty tree, ready for reading; use New or make to fill.
type Tree map[string][]byte

// New gives an empty tree.
func New() Tree { return Tree{} }

// Add puts a file into the tree. It refuses a path that is absolute, leaves the
// tree or is not in its shortest form, and one that is there already.
func (t Tree) Add(name string, data []byte) error {
	if err := CheckPath(name); err != nil {
		return err
	}
	if _, ok := t[name]; ok {
		return fmt.Errorf("add file: %s is there already", name)
	}
	t[name] = data
	return nil
}

// CheckPath says whether a path may name a file of a tree.
func CheckPath(name string) error {
	if name == "." || !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00\n") || filepath.IsAbs(name) {
		return fmt.Errorf("add file: %q is not a plain relative path", name)
	}
	return nil
}

// Merge adds every file of other below dir ("." for the root).
func (t Tree) Merge(dir string, other Tree) error {
	for _, name := range other.Paths() {
		if err := t.Add(path.Join(dir, name), other[name]); err != nil {
			return err
		}
	}
	return nil
}

// Paths gives all paths, sorted by byte.
func (t Tree) Paths() []string { return slices.Sorted(maps.Keys(t)) }

// Digest gives the tree's digest by the h1: scheme of golang.org/x/mod's
// dirhash: the sha256 over the sorted sha256 lines of all files.
func (t Tree) Digest() (string, error) {
	return dirhash.Hash1(t.Paths(), func(name string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(t[name])), nil
	})
}

// Read gives the files below dir. A folder that does not exist is an error that
// fs.ErrNotExist matches; a symbolic link or any other special file is refused.
func Read(dir string) (Tree, error) {
	t := New()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if p == dir {
			return fmt.Errorf("read tree: %s is not a folder", p)
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("read tree: %s is not a regular file", p)
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		return t.Add(filepath.ToSlash(rel), data)
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// ReadIfThere is Read, but a missing folder gives an empty tree.
func ReadIfThere(dir string) (Tree, error) {
	t, err := Read(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return New(), nil
	}
	return t, err
}

// FromFS gives the files of fsys, without the Go file that embeds them.
func FromFS(fsys fs.FS) (Tree, error) {
	t := New()
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) == ".go" {
			return err
		}
		data, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		return t.Add(p, data)
	})
	if err != nil {
		return nil, fmt.Errorf("read tree: %w", err)
	}
	return t, nil
}

// Below gives the files of one folder of the tree, as a tree of its own.
func (t Tree) Below(dir string) Tree {
	out := New()
	for name, data := range t {
		if rest, ok := strings.CutPrefix(name, dir+"/"); ok {
			out[rest] = data
		}
	}
	return out
}
