package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/report"
)

// TestBuildCountsTests holds how folders of tests are told of, with and without
// any test in them.
func TestBuildCountsTests(t *testing.T) {
	var out bytes.Buffer
	b := report.Build{Tests: []report.Tests{{Folder: "a", Rules: 1, Exceptions: 2, Samples: 3}, {Folder: "b"}}}
	if err := b.Text(&out); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"wrote      a: Chainsaw tests of 1 rule and 2 exceptions, 3 objects", "wrote      b: no Chainsaw tests"} {
		if !strings.Contains(out.String(), line+"\n") {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
}
