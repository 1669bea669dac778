package migrate

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
)

// TestImportRoundTrip turns the values of every cluster of this repository into
// labels, imports these, and wants the same to hold in every namespace, with the same
// verdicts by labels, by the values that were made, and by those there were.
func TestImportRoundTrip(t *testing.T) {
	p := &project.Project{Dir: "../.."}
	plan, _, err := p.Load()
	if err != nil {
		t.Fatal(err)
	}
	files, err := cluster.ReadChart(p, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Clusters) < 5 {
		t.Fatalf("%d clusters", len(plan.Clusters))
	}
	for _, c := range plan.Clusters {
		t.Run(c.Name, func(t *testing.T) { roundTrip(t, p, files, c) })
	}
}

func roundTrip(t *testing.T, p *project.Project, files tree.Tree, c project.Cluster) {
	given, err := cluster.Values(term.Streams{Err: &bytes.Buffer{}}, p, files, c)
	if err != nil {
		t.Fatal(err)
	}
	original, err := newNamed(files, given, c.Kubernetes)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, v any) string {
		text, err := manifest.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	names, list := labelledNamespaces(t, original.whole)
	var errs bytes.Buffer
	i, err := newImporter(t.Context(), term.Streams{Err: &errs}, p, Options{
		Files: []string{write("namespaces.yaml", list)}, From: "chart", Kubernetes: c.Kubernetes,
		Values: []string{write("values.yaml", map[string]any{"defaults": given["defaults"], "exceptions": given["exceptions"]})},
	})
	if err != nil {
		t.Fatal(err)
	}
	meanings, found, err := i.read()
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	text, err := i.values(meanings, found)
	if err != nil {
		t.Fatal(err)
	}
	if err := i.useValues(text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var all []compare.Place
	for _, name := range names {
		all = append(all, compare.Place{Name: name})
		if got, want := i.after.whole.In(name, nil), original.whole.In(name, nil); got.Key() != want.Key() {
			t.Errorf("in %s holds\n%v, want\n%v", name, got, want)
		}
	}
	pods, err := sample.Witnesses(c.Kubernetes, original.whole)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := i.compare(t.Context(), meanings, few(pods))
	if err != nil || len(changes.Changes) > 0 || changes.Samples < 60 {
		t.Errorf("by labels and by the values made: %d pods, %v %v", changes.Samples, changes.Changes, err)
	}
	again, err := compare.Compare(t.Context(), original.judge, i.after.judge, all, few(pods))
	if err != nil || len(again.Changes) > 0 {
		t.Errorf("by the values there were and those made: %v %v", again.Changes, err)
	}
}

// labelledNamespaces gives a namespace for every key of the values, with the labels
// that mean the same, and one without any.
func labelledNamespaces(t *testing.T, whole values.Values) ([]string, any) {
	t.Helper()
	names := []string{"unlabelled"}
	items := []any{map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "unlabelled"}}}
	for _, key := range whole.Keys() {
		name, ok := values.NameFor(key, whole)
		if !ok {
			t.Fatalf("no name for %s", key)
		}
		held := whole.ByName(name)
		l := map[string]any{}
		for _, mode := range []string{"profile", "warn", "audit"} {
			l["pod-security.wmf.org/"+mode] = held.Mode(mode)
		}
		for value, list := range map[string][]string{"include": held.Exceptions, "exclude": held.Exclude} {
			for _, word := range list {
				l["pod-security.wmf.org/"+word] = value
			}
		}
		names = append(names, name)
		items = append(items, map[string]any{"metadata": map[string]any{"name": name, "labels": l}})
	}
	return names, map[string]any{"apiVersion": "v1", "kind": "NamespaceList", "items": items}
}

// TestImportNeedsThePair holds the reading of the hand-made scheme: rules that are
// excluded for an exception are replaced by it, one that was forgotten still holds,
// and with neither the rule is off.
func TestImportNeedsThePair(t *testing.T) {
	const domain = "pod-security.wmf.org/"
	capabilities := []string{"disallow-capabilities-adding-capabilities", "disallow-capabilities-strict-adding-capabilities-strict"}
	pair := map[string]any{domain + "profile": "restricted", domain + "ptrace": "include"}
	for _, rule := range capabilities {
		pair[domain+rule] = "exclude"
	}
	half := maps.Clone(pair)
	delete(half, domain+capabilities[0])
	open := maps.Clone(pair)
	delete(open, domain+"ptrace")
	for name, c := range map[string]struct {
		labels map[string]any
		want   string // directions, and the capability that shows each
		found  int
	}{
		"pair": {pair, "", 0}, "half": {half, "newly admitted SYS_PTRACE", 1},
		"open": {open, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			values, list := filepath.Join(dir, "values.yaml"), filepath.Join(dir, "ns.yaml")
			text, err := manifest.Encode(map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "web", "labels": c.labels}})
			if err != nil {
				t.Fatal(err)
			}
			for file, data := range map[string][]byte{list: text, values: []byte("exceptions: {ptrace: {reason: r, allow: {capabilities: [SYS_PTRACE]}}}\n")} {
				if err := os.WriteFile(file, data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			i, err := newImporter(t.Context(), term.Streams{Err: &bytes.Buffer{}}, &project.Project{Dir: "../.."}, Options{Files: []string{list}, Values: []string{values}, From: "hand-made"})
			if err != nil {
				t.Fatal(err)
			}
			meanings, found, err := i.read()
			if err != nil || len(found) != c.found {
				t.Fatal(found, err)
			}
			made, err := i.values(meanings, found)
			if err == nil {
				err = i.useValues(made)
			}
			if err != nil {
				t.Fatal(err)
			}
			pods, err := sample.Witnesses(i.target.kubernetes, i.before.whole)
			if err != nil {
				t.Fatal(err)
			}
			pods = slices.DeleteFunc(pods, func(s sample.Sample) bool {
				return !strings.Contains(s.Text, "capabilities") && !strings.HasPrefix(s.Name, "exception/")
			})
			changes, err := i.compare(t.Context(), meanings, pods)
			if err != nil || len(pods) < 10 {
				t.Fatal(len(pods), err)
			}
			var told []string
			for _, change := range changes.Changes {
				_, with, _ := strings.Cut(change.Witness.Text, "capabilities ")
				told = append(told, string(change.Direction)+" "+strings.Fields(with)[0])
			}
			if got := strings.Join(told, ", "); got != c.want {
				t.Errorf("%s, want %s; the values are\n%s", got, c.want, made)
			}
		})
	}
}

// few takes every fifth of the probes and all pods of exceptions.
func few(pods []sample.Sample) []sample.Sample {
	var out []sample.Sample
	for i, p := range pods {
		if i%5 == 0 || strings.HasPrefix(p.Name, "exception/") {
			out = append(out, p)
		}
	}
	return out
}
