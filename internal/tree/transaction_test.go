package tree_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/tree"
)

// TestTransaction wants all that a transaction puts into place, or, where one step is
// blocked, all that was there before; and nothing beside either.
func TestTransaction(t *testing.T) {
	before := tree.Tree{"folder/old": []byte("1"), "file": []byte("2")}
	after := tree.Tree{"folder/new": []byte("3"), "file": []byte("4"), "fresh/x": []byte("5"), "deep/down/file": []byte("6"), "begun/a": []byte("7")}
	for what, c := range map[string]struct {
		blocked bool // by a file where the last step makes one
		want    tree.Tree
	}{
		"all of it": {false, after},
		"nothing":   {true, before},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			at := func(name string) string { return filepath.Join(dir, name) }
			if _, err := before.Create(dir); err != nil {
				t.Fatal(err)
			}
			var tx tree.Transaction
			for _, err := range []error{
				tx.Folder(t.Context(), at("folder"), tree.Tree{"new": []byte("3")}),
				tx.File(at("file"), []byte("4")),
				tx.Folder(t.Context(), at("fresh"), tree.Tree{"x": []byte("5")}),
				tx.Folder(t.Context(), at("gone"), tree.New()),
				tx.File(at("deep/down/file"), []byte("6")),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			tx.Create(dir, tree.Tree{"begun/a": []byte("7")})
			if c.blocked {
				tx.Create(dir, tree.Tree{"file": []byte("never")})
			}
			err := tx.Commit()
			if (err != nil) != (c.blocked) || err != nil && !strings.Contains(err.Error(), "file exists") {
				t.Errorf("commit: %v", err)
			}
			if err := tx.Discard(); err != nil {
				t.Error(err)
			}
			wantFiles(t, dir, c.want)
			wantGone(t, dir, "gone")
			if c.blocked {
				wantGone(t, dir, "fresh", "deep", "begun")
			}
		})
	}
}

// TestTransactionDiscarded wants nothing changed by a transaction that was never
// committed, and folders kept that were there, empty or not.
func TestTransactionDiscarded(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "mine"), 0o755); err != nil {
		t.Fatal(err)
	}
	var tx tree.Transaction
	for _, name := range []string{"mine/file", "mine/new/deep/file", "new/file"} {
		if err := tx.File(filepath.Join(dir, name), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Folder(t.Context(), filepath.Join(dir, "folder"), tree.Tree{"x": nil}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Discard(); err != nil {
		t.Fatal(err)
	}
	wantGone(t, dir, "mine/file", "mine/new", "new", "folder")
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || entries[0].Name() != "mine" {
		t.Errorf("left %v, %v", entries, err)
	}
}
