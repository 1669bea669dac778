package upstream

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/vapchart/vapchart/internal/tree"
)

// place is a project folder with something vendored in it.
type place struct{ root, dir, lock string }

func vendored(t *testing.T, f Fetched) place {
	t.Helper()
	root := t.TempDir()
	p := place{root, filepath.Join(root, "upstream"), filepath.Join(root, "upstream.lock.yaml")}
	if err := Write(t.Context(), p.dir, p.lock, f); err != nil {
		t.Fatal(err)
	}
	return p
}

// state gives everything in a project folder, to see that nothing changed.
func (p place) state(t *testing.T) tree.Tree {
	t.Helper()
	s, err := tree.Read(p.root)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (p place) wantState(t *testing.T, want tree.Tree) {
	t.Helper()
	if d := tree.Diff("", want, p.state(t)); len(d) > 0 {
		t.Errorf("the project folder changed:\n%s", d)
	}
}

func TestWriteAndCheck(t *testing.T) {
	f := someFetched()
	p := vendored(t, f)
	got, l, err := Check(p.dir, p.lock)
	if err != nil {
		t.Fatal(err)
	}
	if l.Pin() != f.Pin || len(got) != len(f.Tree) {
		t.Errorf("pin %+v and %d files", l.Pin(), len(got))
	}
	// A second version replaces the first whole.
	delete(f.Tree, "base/a.yaml")
	f.Pin.Ref = "v2"
	if err := Write(t.Context(), p.dir, p.lock, f); err != nil {
		t.Fatal(err)
	}
	if got, l, err = Check(p.dir, p.lock); err != nil || l.Ref != "v2" {
		t.Errorf("ref %s and %v", l.Ref, err)
	}
	wantPaths(t, got, f.Tree.Paths())
	wantPaths(t, p.state(t), []string{"upstream.lock.yaml", "upstream/LICENSE", "upstream/base/b b.yml"})
	info, err := os.Stat(p.lock)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v and %v, want 0644", info.Mode(), err)
	}
}

func TestWriteFailuresLeaveTheOldState(t *testing.T) {
	next := someFetched()
	next.Tree["base/more.yaml"] = bytes.Repeat([]byte("m"), 100)
	t.Run("cancelled", func(t *testing.T) {
		p := vendored(t, someFetched())
		before := p.state(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := Write(ctx, p.dir, p.lock, next); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want the cancellation", err)
		}
		p.wantState(t, before)
	})
	t.Run("cancelled between files", func(t *testing.T) {
		p := vendored(t, someFetched())
		before := p.state(t)
		if err := Write(&endsAfter{t.Context(), 3}, p.dir, p.lock, next); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want the cancellation", err)
		}
		p.wantState(t, before)
	})
	t.Run("the lock cannot be written", func(t *testing.T) {
		p := vendored(t, someFetched())
		if err := os.Remove(p.lock); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(p.lock, 0o755); err != nil {
			t.Fatal(err)
		}
		before := p.state(t)
		wantError(t, Write(t.Context(), p.dir, p.lock, next), "upstream.lock.yaml", "not a regular file")
		p.wantState(t, before)
	})
	t.Run("the tree cannot be written", func(t *testing.T) {
		p := vendored(t, someFetched())
		if err := os.RemoveAll(p.dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p.dir, []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		before := p.state(t)
		wantError(t, Write(t.Context(), p.dir, p.lock, next), "upstream is not a folder")
		p.wantState(t, before)
	})
	t.Run("no permission", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("this user may write everywhere")
		}
		p := vendored(t, someFetched())
		before := p.state(t)
		if err := os.Chmod(p.root, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(p.root, 0o755) })
		if err := Write(t.Context(), p.dir, p.lock, next); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v, want no permission", err)
		}
		p.wantState(t, before)
	})
}

// endsAfter is a context that ends after it was asked some times.
type endsAfter struct {
	context.Context
	left int
}

func (e *endsAfter) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// What a run killed between the two renames leaves must not pass.
func TestCheckCatchesHalfAWrite(t *testing.T) {
	p := vendored(t, someFetched())
	next := someFetched()
	next.Tree["base/a.yaml"] = []byte("a: 2\n")
	if err := next.Tree.Write(t.Context(), p.dir); err != nil {
		t.Fatal(err)
	}
	_, _, err := Check(p.dir, p.lock)
	if !errors.Is(err, ErrDrift) {
		t.Errorf("%v, want ErrDrift", err)
	}
	wantError(t, err, "verify "+p.dir, "changed  base/a.yaml", "hint: run vapchart vendor")
	// The next run mends it.
	if err := Write(t.Context(), p.dir, p.lock, next); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Check(p.dir, p.lock); err != nil {
		t.Error(err)
	}
}

func TestCheckMissing(t *testing.T) {
	p := vendored(t, someFetched())
	if err := os.RemoveAll(p.dir); err != nil {
		t.Fatal(err)
	}
	_, _, err := Check(p.dir, p.lock)
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDrift) {
		t.Errorf("%v, want a missing tree", err)
	}
	wantError(t, err, "read vendored tree", "hint: run vapchart vendor")
	if err := os.Remove(p.lock); err != nil {
		t.Fatal(err)
	}
	_, _, err = Check(p.dir, p.lock)
	wantError(t, err, "read lock", p.lock, "hint: run vapchart vendor")
	if err := os.WriteFile(p.lock, []byte("kind: [\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, err = Check(p.dir, p.lock)
	wantError(t, err, "read lock: "+p.lock)
}

func TestCheckRefusesLinks(t *testing.T) {
	p := vendored(t, someFetched())
	a := filepath.Join(p.dir, "base", "a.yaml")
	if err := os.Remove(a); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", a); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	_, _, err := Check(p.dir, p.lock)
	wantError(t, err, "not a regular file")
}
