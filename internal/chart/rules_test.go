package chart_test

import (
	"fmt"
	"testing"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/tree"
)

// TestRules reads the rules of this repository's chart back.
func TestRules(t *testing.T) {
	files, err := tree.Read("../../charts/pod-security")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := chart.Rules(files)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range rules {
		got[r.Name] = fmt.Sprint(r.Profile, r.Allows)
	}
	for name, want := range map[string]string{
		"disallow-host-path":                                      "baseline[hostPaths]",
		"disallow-capabilities-strict-require-drop-all":           "restricted[]",
		"disallow-capabilities-strict-adding-capabilities-strict": "restricted[capabilities]",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if len(rules) != 21 {
		t.Errorf("%d rules", len(rules))
	}
	files = tree.Tree{"files/rules/x.yaml": []byte("name: [x]\n")}
	if _, err := chart.Rules(files); err == nil {
		t.Error("a file that is no rule is read")
	}
}
