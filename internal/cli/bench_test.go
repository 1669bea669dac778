package cli_test

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/term"
)

const libraryPath = "../../../shared/upstream/kyverno-policies/release-1.17"

// BenchmarkBuild measures the CPU time of `vapchart build` on release-1.17 and says
// how that relates to only decoding the YAML of the same policies. It skips where the
// library is not beside the repository.
func BenchmarkBuild(b *testing.B) {
	if _, err := os.Stat(libraryPath); err != nil {
		b.Skip("the upstream library is not here:", err)
	}
	library, err := filepath.Abs(libraryPath)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	project := "apiVersion: vapchart.dev/v1alpha1\nkind: Project\nupstream:\n  directory: {path: " + library + ", ref: release-1.17}\n"
	if err := os.WriteFile(filepath.Join(dir, "vapchart.yaml"), []byte(project), 0o644); err != nil {
		b.Fatal(err)
	}
	run := func(args ...string) {
		if code := cli.Main(context.Background(), append(args, "-C", dir), term.Streams{Out: io.Discard, Err: os.Stderr}); code != 0 {
			b.Fatalf("vapchart %v: exit code %d", args, code)
		}
	}
	run("vendor")
	var build, decode time.Duration
	for b.Loop() {
		start := cpuTime(b)
		run("build")
		build += cpuTime(b) - start
		start = cpuTime(b)
		decodeAll(b, filepath.Join(dir, "upstream"))
		decode += cpuTime(b) - start
	}
	b.ReportMetric(build.Seconds()/float64(b.N), "cpu-s/build")
	b.ReportMetric(float64(build)/float64(decode), "builds/decode")
}

// cpuTime is what this process has used of all processors, in user and system mode.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// decodeAll decodes every policy below dir into plain values.
func decodeAll(b *testing.B, dir string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" || filepath.Base(filepath.Dir(path))[0] == '.' {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		doc, err := manifest.One(path, data)
		if err != nil {
			return err
		}
		return doc.Decode(&map[string]any{})
	})
	if err != nil {
		b.Fatal(err)
	}
}
