package upstream

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// A limit on the size of files stands in for a full disk: the write fails
// midway. It holds for a whole process, so this takes one of its own.
func TestWriteFullDisk(t *testing.T) {
	const rootKey = "UPSTREAM_TEST_ROOT"
	next := someFetched()
	next.Tree["base/big.yaml"] = bytes.Repeat([]byte("big\n"), 4096)
	if root := os.Getenv(rootKey); root != "" {
		signal.Ignore(syscall.SIGXFSZ)
		var old syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
		limit := syscall.Rlimit{Cur: 4096, Max: old.Max}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old) }()
		err := Write(t.Context(), filepath.Join(root, "upstream"), filepath.Join(root, "upstream.lock.yaml"), next)
		wantError(t, err, "big.yaml", "file too large")
		return
	}
	p := vendored(t, someFetched())
	before := p.state(t)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriteFullDisk$", "-test.count=1")
	child.Env = append(os.Environ(), rootKey+"="+p.root)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.wantState(t, before)
	if _, _, err := Check(p.dir, p.lock); err != nil {
		t.Error(err)
	}
	if err := Write(t.Context(), p.dir, p.lock, next); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
