package upstream

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

func someFetched() Fetched {
	return Fetched{
		Pin: policy.Pin{Source: "https://host/lib", Ref: "v1", Commit: strings.Repeat("0a", 20)},
		Tree: tree.Tree{
			"LICENSE":      []byte("Do as you like.\n"),
			"base/a.yaml":  []byte("a: 1\n"),
			"base/b b.yml": []byte(""),
		},
	}
}

func mustLock(t *testing.T, f Fetched) (Lock, string) {
	t.Helper()
	l, err := NewLock(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return l, string(text)
}

func TestLockText(t *testing.T) {
	_, got := mustLock(t, someFetched())
	want := `# What vapchart vendor took and what it holds. Written by the tool; do not edit.
apiVersion: vapchart.dev/v1alpha1
commit: 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a
digest: h1:1hHitYlkiKnIszIgsVZNiz6nSSsQsDOq2wPoI+lax5c=
files:
  LICENSE: f4e1907425cd6cb7dd844fbe18da8bb771a1991f6e2faf05469f634abf7a1b1f
  base/a.yaml: 37b128c59f1f5097f73f82691cb519f1f568667faab5ced1b4ab979d36837eae
  base/b b.yml: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
kind: Lock
ref: v1
source: https://host/lib
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestLockRoundTrip(t *testing.T) {
	builtin := someFetched()
	builtin.Pin = policy.Pin{Source: "builtin"}
	for _, f := range []Fetched{someFetched(), builtin} {
		l, text := mustLock(t, f)
		got, err := ParseLock("upstream.lock.yaml", []byte(text))
		if err != nil || !reflect.DeepEqual(got, l) {
			t.Errorf("read back %+v and %v, want %+v", got, err, l)
		}
		if got.Pin() != f.Pin {
			t.Errorf("pin %+v, want %+v", got.Pin(), f.Pin)
		}
		if err := got.Verify(f.Tree); err != nil {
			t.Error(err)
		}
		if d, err := f.Tree.Digest(); err != nil || digestOf(l.Files) != d || l.Digest != d {
			t.Errorf("the digest from the list is %s, that of the tree %s", digestOf(l.Files), d)
		}
		if _, again := mustLock(t, f); again != text {
			t.Error("the same lock gives other bytes")
		}
	}
}

func TestParseLockErrors(t *testing.T) {
	_, good := mustLock(t, someFetched())
	for _, tt := range []struct {
		name, from, to string
		words          []string
	}{
		{"another kind", "kind: Lock", "kind: Block", []string{"x.yaml:2", "Block", "want vapchart.dev/v1alpha1 and Lock"}},
		{"an unknown field", "ref: v1", "tag: v1", []string{"x.yaml:10", "field tag not found"}},
		{"no source", "source: https://host/lib\n", "", []string{"source is missing"}},
		{"a short commit", "commit: 0a0a", "commit: ", []string{"x.yaml:3", "want 40 hex digits"}},
		{"another hash", "digest: h1:", "digest: h2:", []string{"x.yaml:4", "want h1:"}},
		{"a bad digest", "x5c=", "x5d=", []string{"x.yaml:4", "want h1:"}},
		{"a path up", "base/a.yaml", "../a.yaml", []string{"x.yaml:7", `"../a.yaml" is not a plain relative path`}},
		{"a bad sum", ": e3b0", ": E3B0", []string{"x.yaml:8", "want a sha256 in hex"}},
		{"a path twice", "base/b b.yml", "base/a.yaml", []string{"x.yaml:8", "already defined"}},
		{"two documents", "kind: Lock", "kind: Lock\n---\na: b", []string{"x.yaml:11", "want one"}},
		{"broken", "files:", "files: [", []string{"x.yaml:"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(good, tt.from) {
				t.Fatalf("the lock does not hold %q", tt.from)
			}
			_, err := ParseLock("x.yaml", []byte(strings.Replace(good, tt.from, tt.to, 1)))
			wantError(t, err, append(tt.words, "read lock: ")...)
		})
	}
	_, err := ParseLock("x.yaml", nil)
	wantError(t, err, "x.yaml:1", "empty")
	_, err = ParseLock("x.yaml", []byte("apiVersion: a\ncommit: b\n"))
	wantError(t, err, "x.yaml:1: apiVersion", "source is missing", "x.yaml:2: commit", "digest is", "files is empty")
}

func TestVerifyListsAll(t *testing.T) {
	f := someFetched()
	l, _ := mustLock(t, f)
	f.Tree["base/a.yaml"] = []byte("a: 2\n")
	f.Tree["base/new.yaml"] = nil
	delete(f.Tree, "LICENSE")
	err := l.Verify(f.Tree)
	if !errors.Is(err, ErrDrift) {
		t.Fatalf("%v does not match ErrDrift", err)
	}
	wantError(t, err, "hint: run vapchart vendor",
		"\n  missing  LICENSE\n",
		"\n  changed  base/a.yaml: sha256 "+sum([]byte("a: 2\n"))+", want "+sum([]byte("a: 1\n"))+"\n",
		"\n  extra    base/new.yaml\n",
		"\n  digest   h1:")
	if n := strings.Count(err.Error(), "\n"); n != 4 {
		t.Errorf("%d lines below the first, want 4:\n%v", n, err)
	}
}

func TestVerifyEditedLock(t *testing.T) {
	f := someFetched()
	l, _ := mustLock(t, f)
	// Tree and list agree, but somebody changed both and left the digest.
	f.Tree["base/a.yaml"] = []byte("a: 2\n")
	l.Files["base/a.yaml"] = sum([]byte("a: 2\n"))
	err := l.Verify(f.Tree)
	if !errors.Is(err, ErrDrift) {
		t.Fatalf("%v does not match ErrDrift", err)
	}
	wantError(t, err, "edited   the lock: its digest is "+l.Digest, "digest   h1:")
	// The digest fits the tree, the list does not.
	l, _ = mustLock(t, f)
	delete(l.Files, "LICENSE")
	err = l.Verify(f.Tree)
	wantError(t, err, "extra    LICENSE", "edited   the lock")
}
