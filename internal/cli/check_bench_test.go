package cli_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/vapchart/vapchart/internal/cli"
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
					"--values", "../../examples/values.yaml"}, cli.Streams{Out: &out, Err: &errs})
				if code == 1 {
					b.Fatal(errs.String())
				}
			}
		})
	}
}
