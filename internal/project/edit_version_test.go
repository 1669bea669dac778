package project_test

import (
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/project"
)

func TestSetVersion(t *testing.T) {
	const head = "apiVersion: vapchart.dev/v1alpha1\nkind: Project\n"
	for name, c := range map[string]struct{ before, after string }{
		"on one line":    {"chart: {name: a, version: 0.1.0} # mine\n", "chart: {name: a, version: 1.2.3} # mine\n"},
		"over lines":     {"chart:\n    version: \"0.1.0\" # mine\n    name: a\n", "chart:\n    version: \"1.2.3\" # mine\n    name: a\n"},
		"none on a line": {"chart: {name: a}\n", "chart: {version: 1.2.3, name: a}\n"},
		"none over lines": {"chart:\n  name: a\nstandard: upstream\n",
			"chart:\n  version: 1.2.3\n  name: a\nstandard: upstream\n"},
		"an empty chart": {"chart: {}\n", "chart: {version: 1.2.3}\n"},
		"no chart":       {"standard: upstream", "standard: upstream\nchart: {version: 1.2.3}\n"},
		"a key behind":   {"chart: {version: '0.1.0', name: a0-1-0}\n", "chart: {version: '1.2.3', name: a0-1-0}\n"},
	} {
		got, err := project.SetVersion("vapchart.yaml", []byte(head+c.before), "1.2.3")
		if err != nil || string(got) != head+c.after {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	_, err := project.SetVersion("vapchart.yaml", []byte(head+"chart:\n  version:\n    0.1.0\n  name: &x a\nstandard: upstream\n"), "not a version")
	if err == nil || !strings.HasPrefix(err.Error(), "set version: vapchart.yaml:") {
		t.Errorf("a version that is none is written: %v", err)
	}
}
