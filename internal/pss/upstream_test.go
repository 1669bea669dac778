package pss_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata")

// What strict mode makes of each known version of the published library, and
// what upstream mode reports. Strict mode proves parity itself, or fails.
func TestAssessPublishedLibrary(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	root := filepath.Join("..", "..", "..", "shared", "upstream", "kyverno-policies")
	folders, err := filepath.Glob(filepath.Join(root, "release-*", "pod-security-*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) == 0 {
		t.Skip("no copy of the published library in " + root)
	}
	builtin, libraries := builtinRules(t), map[string][]policy.Rule{}
	for _, v := range pss.Breakpoints() {
		libraries[v] = builtinAt(t, v)
	}
	judge := remembering(judgeByAdmission)
	for _, folder := range folders {
		branch, name := filepath.Base(filepath.Dir(folder)), filepath.Base(folder)
		t.Run(branch+"-"+name, func(t *testing.T) {
			rules := readRules(t, policy.Pin{Source: "library"}, os.DirFS(filepath.Dir(folder)), name)
			golden := &txtar.Archive{}
			for _, strict := range []bool{true, false} {
				a, err := pss.Assess(pss.Input{Rules: rules, Builtin: builtin, Strict: strict, Refuses: judge})
				if err != nil {
					t.Fatal(err)
				}
				mode := map[bool]string{true: "strict", false: "upstream"}[strict]
				text := render(a)
				if strict {
					text = renderRules(a) + text
				}
				golden.Files = append(golden.Files, txtar.File{Name: mode, Data: []byte(text)})
			}
			all, err := pss.AssessAll(pss.Input{Rules: rules, Strict: true, Refuses: judge}, func(v string) ([]policy.Rule, error) {
				return libraries[v], nil
			})
			if err != nil {
				t.Fatal(err)
			}
			sameNames(t, all)
			golden.Files = append(golden.Files, txtar.File{Name: "versions", Data: []byte(renderVersions(all))})
			compareGolden(t, filepath.Join("testdata", "assess", t.Name()[len("TestAssessPublishedLibrary/"):]+".txtar"), txtar.Format(golden))
		})
	}
}

func renderRules(a pss.Assessment) string {
	var out strings.Builder
	for _, r := range a.Rules {
		fmt.Fprintf(&out, "rule %s: %s %v, from %s: %s\n", r.Name, r.Profile, r.Controls, r.Origin.Pin.Source, r.Origin)
	}
	return out.String()
}

// renderVersions gives for each rule the versions at which it comes, changes its
// text or goes, with whose text it is.
func renderVersions(all []pss.Assessment) string {
	last := map[string]string{}
	changes := map[string][]string{}
	for _, a := range all {
		now := map[string]string{}
		for _, r := range a.Rules {
			parts := texts(r)
			for _, v := range r.Variables {
				parts = append(parts, v.Name, v.Expression.CEL)
			}
			key := fmt.Sprint(parts, r.Controls)
			now[r.Name] = key
			if last[r.Name] != key {
				changes[r.Name] = append(changes[r.Name], a.Version+" "+r.Origin.Pin.Source)
			}
		}
		for name := range last {
			if now[name] == "" {
				changes[name] = append(changes[name], a.Version+" none")
			}
		}
		last = now
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		fmt.Fprintf(&out, "rule %s: %s\n", name, strings.Join(changes[name], ", "))
	}
	return out.String()
}

// render gives the reports of an assessment as text.
func render(a pss.Assessment) string {
	var out strings.Builder
	for _, r := range a.Controls {
		fmt.Fprintf(&out, "control %s: %s %v\n", r.ID, r.Source, r.Rules)
		for _, list := range []struct {
			what  string
			names []string
		}{
			{"replaced", r.Replaced}, {"dropped", r.Dropped}, {"added", r.Added}, {"covered by", r.CoveredBy}, {"shares", r.Shares},
		} {
			if len(list.names) > 0 {
				fmt.Fprintf(&out, "  %s %v\n", list.what, list.names)
			}
		}
		if r.Gap() {
			fmt.Fprintln(&out, "  gap")
		}
		if why := r.Why(); why != "" {
			fmt.Fprintf(&out, "  %s\n", why)
		}
	}
	for _, n := range a.Additions {
		fmt.Fprintf(&out, "addition %s: %s\n", n.Rule, n.Reason)
	}
	return out.String()
}

func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs (-update rewrites it):\n%s", file, got)
	}
}
