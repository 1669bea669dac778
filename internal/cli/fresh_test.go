package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// TestCommittedFilesAreFresh holds that the lock and the chart in this
// repository are what the tool makes of vapchart.yaml today.
func TestCommittedFilesAreFresh(t *testing.T) {
	dir := t.TempDir()
	project, err := os.ReadFile("../../vapchart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vapchart.yaml"), project, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "overlays"), os.DirFS("../../overlays")); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"vendor", "build"} {
		var out bytes.Buffer
		if code := cli.Main(context.Background(), []string{verb, "-C", dir}, term.Streams{Out: &out, Err: &out}); code != 0 {
			t.Fatalf("vapchart %s: exit code %d\n%s", verb, code, out.String())
		}
	}
	for _, name := range []string{"charts", "."} {
		want, got := committed(t, "../..", name), committed(t, dir, name)
		if diff := tree.Diff(name+"/", want, got); len(diff) > 0 {
			t.Errorf("run make and commit what it changes:\n%s", diff)
		}
	}
}

// committed gives the charts below root, or for "." the lock alone.
func committed(t *testing.T, root, name string) tree.Tree {
	t.Helper()
	if name == "." {
		lock, err := os.ReadFile(filepath.Join(root, "upstream.lock.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return tree.Tree{"upstream.lock.yaml": lock}
	}
	out, err := tree.Read(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
