package cli_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/term"
)

// BenchmarkCheck measures a whole run of `vapchart check` over one example and
// its values: read, render, compile, judge, report. It should feel instant, so
// below a second.
func BenchmarkCheck(b *testing.B) {
	for _, file := range []string{"refused", "mediawiki"} {
		b.Run(file, func(b *testing.B) {
			for b.Loop() {
				var out, errs bytes.Buffer
				code := cli.Main(context.Background(), []string{"check", "-C", "../..", "-f", "../../examples/" + file + ".yaml",
					"--values", "../../examples/values.yaml"}, term.Streams{Out: &out, Err: &errs})
				if code == 1 {
					b.Fatal(errs.String())
				}
			}
		})
	}
}

// BenchmarkCheckStart measures `vapchart check` of one manifest as a person starts
// it: a process of its own, with nothing kept and with what the chart renders kept.
// It reports the processor time, and the time as a multiple of that of a process
// that does nothing (`vapchart --help`).
func BenchmarkCheckStart(b *testing.B) {
	for _, run := range []struct{ name, flag string }{{"new", "--no-cache"}, {"kept", "--output=text"}} {
		b.Run(run.name, func(b *testing.B) {
			b.Setenv("VAPCHART_TEST_CACHE", b.TempDir())
			args := []string{"check", "-C", "../..", "-f", "../../examples/refused.yaml", "--values", "../../examples/values.yaml", run.flag}
			start(b, args...) // fills the cache
			var idle, check, cpu time.Duration
			for b.Loop() {
				took, _ := start(b, "--help")
				idle += took
				took, used := start(b, args...)
				check, cpu = check+took, cpu+used
			}
			b.ReportMetric(check.Seconds()*1000/float64(b.N), "ms/check")
			b.ReportMetric(cpu.Seconds()*1000/float64(b.N), "cpu-ms/check")
			b.ReportMetric(float64(check)/float64(idle), "x-help")
		})
	}
}

// start runs a command line in a process of its own, which testscript.Main puts on
// the PATH, and gives the time that it took, and that of processors.
func start(b *testing.B, args ...string) (took, cpu time.Duration) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "vapchart", args...)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	took = time.Since(began)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
		b.Fatalf("%v\n%s", err, out)
	}
	return took, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
