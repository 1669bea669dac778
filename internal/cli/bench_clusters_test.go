package cli_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/term"
)

// BenchmarkClusters measures `vapchart build` for 200 clusters of 300 namespaces
// each, all with names of their own, profiles in another order and some exceptions.
// It tells the time of a build, of a cluster, and the most memory that the process
// ever had resident (VmHWM, where the system tells it), which is that of this
// benchmark if it runs first or alone.
func BenchmarkClusters(b *testing.B) {
	const clusters, namespaces = 200, 300
	percent, limit := debug.SetGCPercent(400), debug.SetMemoryLimit(768<<20) // as main does
	defer func() { debug.SetGCPercent(percent); debug.SetMemoryLimit(limit) }()
	dir := b.TempDir()
	writeClusters(b, dir, clusters, namespaces)
	run := func(args ...string) {
		if code := cli.Main(context.Background(), append(args, "-C", dir), term.Streams{Out: io.Discard, Err: io.Discard}); code != 0 {
			b.Fatalf("vapchart %v: exit code %d", args, code)
		}
	}
	run("vendor")
	var build time.Duration
	for b.Loop() {
		start := time.Now()
		run("build")
		build += time.Since(start)
	}
	b.ReportMetric(build.Seconds()/float64(b.N), "s/build")
	b.ReportMetric(build.Seconds()/float64(b.N)/clusters, "s/cluster")
	if peak, ok := peakMemory(); ok {
		b.ReportMetric(peak, "MiB-peak")
	}
}

// writeClusters writes a project with clusters of so many namespaces.
func writeClusters(b *testing.B, dir string, clusters, namespaces int) {
	b.Helper()
	write := func(name, text string) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	var project strings.Builder
	project.WriteString("apiVersion: vapchart.dev/v1alpha1\nkind: Project\nupstream:\n  builtin: {}\nclusters:\n")
	for c := range clusters {
		fmt.Fprintf(&project, "  - {name: c%03d, kubernetes: \"1.3%d\"}\n", c, 3+c%4)
		var values strings.Builder
		values.WriteString("namespaces:\n")
		for n := range namespaces {
			profile := []string{"restricted", "baseline", "restricted", "privileged"}[(n+c)%4]
			more := []string{"", ", exceptions: [geoip]", ", exceptions: [sys-ptrace]", ""}[n%7%4]
			if profile == "privileged" {
				more = ""
			}
			fmt.Fprintf(&values, "  team-%03d-c%03d: {profile: %s%s}\n", n, c, profile, more)
		}
		write(fmt.Sprintf("overlays/c%03d/values.yaml", c), values.String())
	}
	write("vapchart.yaml", project.String())
	write("overlays/common/values.yaml", `defaults: {profile: privileged, warn: restricted, audit: restricted}
namespaces:
  kube-system: {profile: privileged, warn: privileged, audit: privileged}
  "mw-*": {profile: restricted, exceptions: [sys-ptrace, geoip]}
exceptions:
  sys-ptrace: {reason: php-fpm slow logs, allow: {capabilities: [SYS_PTRACE]}}
  geoip: {reason: GeoIP database on the node, allow: {hostPaths: [{path: /usr/share/GeoIP, readOnly: true}]}}
`)
}

// peakMemory gives the most memory that the process had resident, in MiB.
func peakMemory() (float64, bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	found := regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`).FindSubmatch(status)
	if found == nil {
		return 0, false
	}
	kib, err := strconv.ParseFloat(string(found[1]), 64)
	return kib / 1024, err == nil
}
