package cli_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/term"
)

// checkCached runs `vapchart check` on an example with a cache.
func checkCached(t *testing.T, cache string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Main(context.Background(), append([]string{"check", "-f", "../../examples/refused.yaml"}, args...),
		term.Streams{Out: &out, Err: &errs, Cache: cache})
	return fmt.Sprintf("%d\n%s%s", code, out.String(), errs.String())
}

// entries gives the files of a cache.
func entries(t *testing.T, cache string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// sealedEntry writes an entry as the cache does.
func sealedEntry(t *testing.T, name, body string) {
	t.Helper()
	if err := os.WriteFile(name, fmt.Appendf(nil, "%x\n%s", sha256.Sum256([]byte(body)), body), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCheckCache wants the cache used where all is the same, and in no other case.
func TestCheckCache(t *testing.T) {
	const owned = "--chart=../../charts/pod-security"
	values := "--values=../../examples/values.yaml"
	cache := filepath.Join(t.TempDir(), "vapchart")
	want := checkCached(t, "", owned, values)
	if got := checkCached(t, cache, owned, values, "--no-cache"); got != want || len(entries(t, cache)) != 0 {
		t.Fatalf("--no-cache: %d entries, says\n%s", len(entries(t, cache)), got)
	}
	same := func(when string, count int) {
		t.Helper()
		if got := checkCached(t, cache, owned, values); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", when, got, want)
		}
		if n := len(entries(t, cache)); n != count {
			t.Errorf("%s: %d entries, want %d", when, n, count)
		}
	}
	same("nothing is there", 1)
	same("it is there", 1)

	entry := entries(t, cache)[0]
	text, err := os.ReadFile(entry)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(text), "\n")
	other := strings.ReplaceAll(body, "is not allowed", "is out of the cache")
	sealedEntry(t, entry, other)
	if got := checkCached(t, cache, owned, values); !strings.Contains(got, "is out of the cache") {
		t.Errorf("the cache is not used:\n%s", got)
	}
	if got := checkCached(t, cache, owned, values, "--no-cache"); got != want {
		t.Errorf("--no-cache reads it:\n%s", got)
	}
	if got := checkCached(t, cache, owned, values, "--kubernetes=1.33"); strings.Contains(got, "out of the cache") || len(entries(t, cache)) != 2 {
		t.Errorf("it is used for another version:\n%s", got)
	}
	if got := checkCached(t, cache, owned); strings.Contains(got, "out of the cache") || len(entries(t, cache)) != 3 {
		t.Errorf("it is used for other values:\n%s", got)
	}

	damage := func(when string, data string) {
		t.Helper()
		if err := os.WriteFile(entry, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		same(when, 3)
		if mended, err := os.ReadFile(entry); err != nil || string(mended) != string(text) {
			t.Errorf("%s: the entry is not written anew, %v", when, err)
		}
	}
	damage("empty", "")
	damage("cut", string(text[:len(text)/2]))
	damage("changed", strings.Replace(string(text), body, other, 1))
	key := filepath.Base(entry)
	sealedEntry(t, entry, strings.Replace(other, key, strings.Repeat("0", len(key)), 1))
	same("another's", 3)
}

// TestCheckCacheOfOthers wants no entry for a chart that is not as vapchart wrote
// it, and no failure where nothing can be written.
func TestCheckCacheOfOthers(t *testing.T) {
	folder, cache := filepath.Join(t.TempDir(), "chart"), t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../charts/pod-security")); err != nil {
		t.Fatal(err)
	}
	want := checkCached(t, "", "--chart", folder)
	if err := os.WriteFile(filepath.Join(folder, "templates", "mine.txt"), []byte("{{ now }}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if checkCached(t, cache, "--chart", folder); len(entries(t, cache)) != 0 {
		t.Error("a chart that was edited is cached")
	}
	file := filepath.Join(cache, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := checkCached(t, file, "--chart=../../charts/pod-security"); got != want {
		t.Errorf("a cache that cannot be written fails:\n%s", got)
	}
}
