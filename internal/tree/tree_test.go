package tree_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/vapchart/vapchart/internal/tree"
)

func write(t *testing.T, dir string, tr tree.Tree) {
	t.Helper()
	if err := tr.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
}

func TestAddRefusesWhatLeavesTheTree(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/./b", `a\b`, "a\x00b", "a/"} {
		if err := tree.New().Add(name, nil); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	tr := tree.Tree{"a": nil}
	if err := tr.Add("a", nil); err == nil {
		t.Error("a file is added twice")
	}
}

func TestWriteReplacesWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sub", "out")
	write(t, dir, tree.Tree{"a/old": []byte("1"), "same": []byte("2")})
	want := tree.Tree{"b/c/new": []byte("3"), "same": []byte("2")}
	write(t, dir, want)
	got, err := tree.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := tree.Diff("", want, got); len(d) > 0 {
		t.Errorf("%s", d)
	}
	left, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the folder lie %v, %v", left, err)
	}
	write(t, dir, tree.Tree{})
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 0 {
		t.Errorf("of no files %v is left, %v", left, err)
	}
}

func TestWriteIgnoresUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "out")
	write(t, dir, tree.Tree{"a/b": nil})
	for path, want := range map[string]os.FileMode{"": 0o755, "a": 0o755, "a/b": 0o644} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: mode %v, %v", path, info.Mode(), err)
		}
	}
}

func TestInterruptedWriteLeavesTheOld(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	before := tree.Tree{"a": []byte("1")}
	write(t, dir, before)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := (tree.Tree{"b": nil}).Write(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	got, err := tree.Read(dir)
	if err != nil || len(tree.Diff("", before, got)) > 0 {
		t.Errorf("the folder changed: %v, %v", got.Paths(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWriteSweepsWhatAKilledRunLeft(t *testing.T) {
	parent := t.TempDir()
	if err := os.Mkdir(filepath.Join(parent, ".out.tmp-123"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(parent, "out"), tree.Tree{"a": nil})
	if left, _ := filepath.Glob(filepath.Join(parent, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReadRefusesLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Read(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
}

func TestDigestIsDirhash(t *testing.T) {
	// The value is that of golang.org/x/mod's own example scheme: sha256 of the
	// sorted "sha256  name" lines; order of insertion must not matter.
	a, err := tree.Tree{"x": []byte("1"), "y": []byte("2")}.Digest()
	if err != nil || !strings.HasPrefix(a, "h1:") {
		t.Fatalf("%q, %v", a, err)
	}
	b, _ := tree.Tree{"y": []byte("2"), "x": []byte("1")}.Digest()
	c, _ := tree.Tree{"x": []byte("2"), "y": []byte("1")}.Digest()
	if a != b || a == c {
		t.Errorf("digests %s, %s, %s", a, b, c)
	}
}

func TestDiff(t *testing.T) {
	got := string(tree.Diff("charts/", tree.Tree{"gone": []byte("a\n"), "same": nil}, tree.Tree{"new": []byte("b\n"), "same": nil}))
	for _, want := range []string{"--- a/charts/gone\n+++ /dev/null", "-a\n", "--- /dev/null\n+++ b/charts/new", "+b\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
