package compare

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
)

// compareValues compares two values of this repository's chart.
func compareValues(t *testing.T, before, after map[string]any) Comparison {
	t.Helper()
	files, err := tree.Read("../../charts/pod-security")
	if err != nil {
		t.Fatal(err)
	}
	var whole []values.Values
	var judges []admission.Ask
	for _, given := range []map[string]any{before, after} {
		w, err := cluster.Whole(files, given)
		if err != nil {
			t.Fatal(err)
		}
		objs, err := cluster.Render(files, given, admission.Newest())
		if err != nil {
			t.Fatal(err)
		}
		judge, err := Answerer(objs)
		if err != nil {
			t.Fatal(err)
		}
		whole, judges = append(whole, w), append(judges, judge)
	}
	pods, err := sample.Witnesses(admission.Newest(), whole...)
	if err != nil {
		t.Fatal(err)
	}
	if len(pods) < 300 {
		t.Fatalf("only %d pods", len(pods))
	}
	c, err := Compare(t.Context(), judges[0], judges[1], Namespaces(whole[0], whole[1]), Few(pods))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Few takes every fifth of the pods that try controls, and all that try exceptions,
// since judging all of them takes long.
func Few(pods []sample.Sample) []sample.Sample {
	var out []sample.Sample
	for i, p := range pods {
		if i%5 == 0 || strings.HasPrefix(p.Name, "exception/") {
			out = append(out, p)
		}
	}
	return out
}

// TestWitnessesShowChanges compares values of this repository's chart, and wants
// each change of them seen, in its place and by its rule.
func TestWitnessesShowChanges(t *testing.T) {
	ptrace := map[string]any{"reason": "traces", "allow": map[string]any{"capabilities": []any{"SYS_PTRACE"}}}
	entry := func(profile string, exceptions ...any) map[string]any {
		return map[string]any{"profile": profile, "exceptions": exceptions}
	}
	before := map[string]any{
		"exceptions": map[string]any{"ptrace": ptrace},
		"namespaces": map[string]any{"mw-*": entry("restricted", "ptrace"), "mw-web": entry("restricted", "ptrace"), "db": entry("baseline")},
	}
	if c := compareValues(t, before, before); len(c.Changes) != 0 || c.Places != 4 {
		t.Errorf("the same differs, or little was tried: %d places, %d samples, %v", c.Places, c.Samples, c.Changes)
	}
	after := chart.Merge(before, map[string]any{"namespaces": map[string]any{"mw-*": entry("restricted"), "db": entry("restricted")}})
	c := compareValues(t, before, after)
	var told []string
	for _, change := range c.Changes {
		told = append(told, fmt.Sprintf("%s in %s: %s", change.Direction, change.Place.For, strings.Join(change.Rules, ",")))
	}
	all := strings.Join(told, "\n")
	for _, want := range []string{
		"newly denied in mw-*: disallow-capabilities-adding-capabilities,disallow-capabilities-strict-adding-capabilities-strict",
		"newly denied in db: require-run-as-nonroot-run-as-non-root",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("not told: %s in\n%s", want, all)
		}
	}
	if strings.Contains(all, "mw-web") || strings.Contains(all, "no key") || c.Count(Admitted) > 0 {
		t.Errorf("told what did not change:\n%s", all)
	}
}

// TestWitnessesByLabel wants the two ways of binding to compare as the same.
func TestWitnessesByLabel(t *testing.T) {
	ptrace := map[string]any{"reason": "traces", "allow": map[string]any{"capabilities": []any{"SYS_PTRACE"}}}
	label := map[string]any{"namespaceBinding": "label", "exceptions": map[string]any{"ptrace": ptrace}}
	if c := compareValues(t, label, label); len(c.Changes) != 0 || c.Places < 7 {
		t.Errorf("%d places, %v", c.Places, c.Changes)
	}
	strict := chart.Merge(label, map[string]any{"exceptions": map[string]any{"ptrace": map[string]any{"allow": map[string]any{"capabilities": []any{"SYS_TIME"}}}}})
	c := compareValues(t, label, strict)
	if c.Count(Denied) == 0 || c.Count(Admitted) == 0 {
		t.Errorf("%v", c.Changes)
	}
	for _, change := range c.Changes {
		if !strings.HasSuffix(change.Place.For, " with ptrace") {
			t.Errorf("%s in %s", change.Direction, change.Place.For)
		}
	}
}
