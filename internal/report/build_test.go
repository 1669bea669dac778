package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/report"
)

// TestBuildCountsTests holds how a suite is told of, with and without any test in it.
func TestBuildCountsTests(t *testing.T) {
	for line, tests := range map[string]report.Tests{
		"wrote      a: Chainsaw tests of 1 rule and 2 exceptions, 3 objects": {Folder: "a", Rules: 1, Exceptions: 2, Samples: 3},
		"wrote      b: no Chainsaw tests":                                    {Folder: "b"},
	} {
		var build, alone bytes.Buffer
		if err := errors.Join(report.Build{Tests: tests}.Text(&build), tests.Text(&alone)); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{build.String(), alone.String()} {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("no %q in\n%s", line, text)
			}
		}
	}
}
