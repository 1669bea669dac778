package tree_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/tree"
)

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	before := tree.Tree{"b/there": []byte("by hand")}
	if _, err := before.Create(dir); err != nil {
		t.Fatal(err)
	}
	files := tree.Tree{"a/x": []byte("1"), "b/c/y": []byte("2")}
	undo, err := files.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := tree.Tree{"a/x": []byte("1"), "b/c/y": []byte("2"), "b/there": []byte("by hand")}
	wantFiles(t, dir, want)
	if err := undo(); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, before)
	wantGone(t, dir, "a", "b/c")
}

// TestCreateAllOrNone wants nothing left, and nothing overwritten, where one of
// the files cannot be made.
func TestCreateAllOrNone(t *testing.T) {
	for name, c := range map[string]struct{ there, also, want string }{
		"a file that is there":    {"z/x", "z/x", "z/x: file exists"},
		"a file for a folder":     {"z", "z/x", "z/x: "},
		"a folder for a file":     {"z/x/y", "z/x", "z/x: file exists"},
		"a file above the folder": {"z", "z/y/x", "z/y/x: "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			before := tree.Tree{c.there: []byte("by hand")}
			if _, err := before.Create(dir); err != nil {
				t.Fatal(err)
			}
			undo, err := tree.Tree{"a/b/x": []byte("1"), c.also: []byte("2")}.Create(dir)
			if err == nil || undo != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			wantFiles(t, dir, before)
			wantGone(t, dir, "a")
		})
	}
}

// TestCreateKeepsWhatCameLater wants a folder kept that got another file since.
func TestCreateKeepsWhatCameLater(t *testing.T) {
	dir := t.TempDir()
	undo, err := tree.Tree{"a/x": []byte("1")}.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "later"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := undo(); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, tree.Tree{"a/later": nil})
}

func wantFiles(t *testing.T, dir string, want tree.Tree) {
	t.Helper()
	got, err := tree.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := tree.Diff("", got, want); len(diff) > 0 {
		t.Errorf("%s", diff)
	}
}

func wantGone(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
}
