package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/build"
	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/psa"
	"github.com/vapchart/vapchart/internal/report"
)

// TestBuildCountsTests holds how a suite is told of, with and without any test in it.
func TestBuildCountsTests(t *testing.T) {
	for line, tests := range map[string]chainsaw.Suite{
		"wrote      a: Chainsaw tests of 1 rule and 2 exceptions, 3 objects": {Folder: "a", Rules: 1, Exceptions: 2, Samples: 3},
		"wrote      b: no Chainsaw tests":                                    {Folder: "b"},
	} {
		var whole, alone bytes.Buffer
		if err := errors.Join(report.BuildText(build.Result{Tests: tests}, &whole), report.SuiteText(tests, &alone)); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{whole.String(), alone.String()} {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("no %q in\n%s", line, text)
			}
		}
	}
}

// TestBuildTellsLabels wants one line for all namespaces of a cluster of which the same
// is told, and none for a cluster without.
func TestBuildTellsLabels(t *testing.T) {
	shadowed := func(namespace string) psa.Finding {
		return psa.Finding{Namespace: namespace, Label: psa.LabelEnforce, Value: "baseline", Exception: "maps", Allows: []string{"with a path", "with two"}}
	}
	found := psa.Found{
		Shadowed: []psa.Finding{shadowed("a"), shadowed("b")},
		Stricter: []psa.Stricter{{Namespace: "a", Value: "baseline", Control: "sysctls", Text: "with a sysctl", Pods: 3}, {Namespace: "b", Value: "restricted", Control: "sysctls", Text: "with a sysctl", Pods: 1}},
	}
	var out bytes.Buffer
	if err := report.BuildText((build.Result{Checked: true, Clusters: []build.Cluster{{Name: "x", BesidePSA: found}, {Name: "none"}}}), &out); err != nil {
		t.Fatal(err)
	}
	want := `label      x: a, b: label pod-security.kubernetes.io/enforce=baseline refuses what exception maps allows: a pod with a path; a pod with two
label      x: a: label pod-security.kubernetes.io/enforce=baseline refuses what the policies admit: sysctls, a pod with a sysctl, and 2 more
label      x: b: label pod-security.kubernetes.io/enforce=restricted refuses what the policies admit: sysctls, a pod with a sysctl
`
	if _, told, _ := strings.Cut(out.String(), "label "); "label "+told != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
