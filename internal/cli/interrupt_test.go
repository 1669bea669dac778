package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// TestInterrupt stops builds at many moments: afterwards the chart is whole,
// the old one or the new one, and nothing lies beside it.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(ctx context.Context, verb string) (int, string) {
		var errs bytes.Buffer
		return cli.Main(ctx, []string{verb, "-C", dir}, term.Streams{Out: io.Discard, Err: &errs}), errs.String()
	}
	project := "apiVersion: vapchart.dev/v1alpha1\nkind: Project\nchart: {name: c, version: "
	write("vapchart.yaml", project+"1.0.0}\n")
	for _, verb := range []string{"vendor", "build"} {
		if code, errs := run(context.Background(), verb); code != 0 {
			t.Fatal(errs)
		}
	}
	old := read(t, dir)
	write("vapchart.yaml", project+"2.0.0}\n")
	start := time.Now()
	if code, errs := run(context.Background(), "build"); code != 0 {
		t.Fatal(errs)
	}
	whole, made := time.Since(start), read(t, dir)

	interrupted := 0
	for i := range 6 {
		if err := old.Write(context.Background(), filepath.Join(dir, "charts", "c")); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeoutCause(context.Background(), whole*time.Duration(i)/5, context.Canceled)
		code, errs := run(ctx, "build")
		cancel()
		want := made
		if code != 0 {
			interrupted++
			want = old
			if !strings.Contains(errs, "interrupted, nothing was changed") {
				t.Errorf("exit code %d: %s", code, errs)
			}
		}
		if diff := tree.Diff("", want, read(t, dir)); len(diff) > 0 {
			t.Errorf("stopped after %d/5 with exit code %d, the chart is\n%s", i, code, diff)
		}
		if beside, _ := os.ReadDir(filepath.Join(dir, "charts")); len(beside) != 1 {
			t.Errorf("stopped after %d/5: charts holds %v", i, beside)
		}
	}
	if interrupted == 0 {
		t.Error("no build was interrupted")
	}
}

func read(t *testing.T, dir string) tree.Tree {
	t.Helper()
	out, err := tree.Read(filepath.Join(dir, "charts", "c"))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
