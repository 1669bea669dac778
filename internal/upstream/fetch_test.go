package upstream

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
)

func TestFetchTakesWhatIsSelected(t *testing.T) {
	f, err := fetchDir(t, library(), both())
	if err != nil {
		t.Fatal(err)
	}
	wantPaths(t, f.Tree, taken())
	for name, data := range f.Tree {
		if string(data) != string(library()[name]) {
			t.Errorf("%s was changed on its way", name)
		}
	}
	if len(f.Notes) != 0 {
		t.Errorf("notes %q, want none", f.Notes)
	}
}

func TestFetchSingleFolderAndLicencesOnTheWay(t *testing.T) {
	files := with(library(), map[string]string{
		"base/no-root/.kyverno-test.yaml/resource.yaml": "kind: Pod\n", // a folder, as release-1.12 has one
		"NOTICE": "n\n", "base/COPYING.md": "c\n", "base/no-root/LICENSE": "l\n", "strict/LICENSE": "x\n"})
	f, err := fetchDir(t, files, project.Select{policy.Other: {Paths: []string{"base/no-root"}}})
	if err != nil {
		t.Fatal(err)
	}
	wantPaths(t, f.Tree, []string{"LICENSE", "NOTICE", "base/COPYING.md", "base/no-root/LICENSE",
		"base/no-root/.chainsaw-test/deep/pod.yaml", "base/no-root/.kyverno-test/kyverno-test.yaml",
		"base/no-root/.kyverno-test.yaml/resource.yaml",
		"base/no-root/artifacthub-pkg.yml", "base/no-root/no-root.yaml"})
}

func TestFetchWithout(t *testing.T) {
	sel := both()
	sel[policy.Baseline] = project.Folders{Paths: []string{"base"}, Without: []string{"no-ports"}}
	f, err := fetchDir(t, library(), sel)
	if err != nil {
		t.Fatal(err)
	}
	for name := range f.Tree {
		if strings.HasPrefix(name, "base/no-ports/") {
			t.Errorf("%s is left out by name, its files are not", name)
		}
	}
	if len(f.Tree) != len(taken())-4 {
		t.Errorf("%d files, want %d", len(f.Tree), len(taken())-4)
	}
}

func TestFetchBuiltin(t *testing.T) {
	lib := with(library(), map[string]string{"LICENSE": "", "base/no-root/artifacthub-pkg.yml": ""})
	f := mustFetch(t, project.Upstream{Builtin: &project.Builtin{}}, both(), Options{Builtin: lib})
	if f.Pin != (policy.Pin{Source: "builtin"}) {
		t.Errorf("pin %+v", f.Pin)
	}
	if len(f.Tree) != len(taken())-2 || len(f.Notes) != 0 {
		t.Errorf("%d files and notes %q", len(f.Tree), f.Notes)
	}
}

func TestFetchNotes(t *testing.T) {
	files := with(library(), map[string]string{
		"base/params.yaml":                 "apiVersion: v1\nkind: ConfigMap\n",
		"base/values.yml":                  "some: value\n",
		"base/policy.json":                 "{}",
		"base/.hidden/x.yaml":              clusterPolicy("hidden"),
		"base/alone/.kyverno-test/a.yaml":  "kind: Test\n",
		"strict/no-caps/policy-note.md":    "text\n",
		"base/no-root/artifacthub-pkg.yml": "",
		"base/no-ports/unusual.yaml":       "apiVersion: kyverno.io/v2\nkind: CleanupPolicy\nmetadata: {name: c}\n",
	})
	f, err := fetchDir(t, files, both())
	if err != nil {
		t.Fatal(err)
	}
	wantNote(t, f.Notes, "base/params.yaml", "ConfigMap of v1")
	wantNote(t, f.Notes, "base/values.yml", "without a kind")
	wantNote(t, f.Notes, "base/policy.json", "not YAML")
	wantNote(t, f.Notes, "base/.hidden", "hidden")
	wantNote(t, f.Notes, "base/alone", "1 file with no policy")
	wantNote(t, f.Notes, "strict/no-caps/policy-note.md")
	wantNote(t, f.Notes, "no digest of 2 policies", "base/no-root/no-root.yaml", "unusual.yaml")
	if len(f.Notes) != 7 {
		t.Errorf("%d notes, want 7: %q", len(f.Notes), f.Notes)
	}
	want := append(taken(), "base/no-ports/unusual.yaml")
	wantPaths(t, with(f.Tree, map[string]string{"base/no-root/artifacthub-pkg.yml": "x"}), want)
}

func TestFetchErrors(t *testing.T) {
	folders := func(without ...string) project.Select {
		return project.Select{policy.Baseline: {Paths: []string{"base"}, Without: without}}
	}
	two := clusterPolicy("a") + "---\n" + clusterPolicy("b")
	tests := []struct {
		name  string
		files map[string]string
		sel   project.Select
		words []string
	}{
		{"no such folder", nil, project.Select{policy.Other: {Paths: []string{"bsae", "strict"}}},
			[]string{"select other", "no folder bsae", "hint: folders there: base"}},
		{"no such folder below", nil, project.Select{policy.Other: {Paths: []string{"base/none"}}},
			[]string{"no folder base/none", "no-ports, no-root"}},
		{"a file", nil, project.Select{policy.Other: {Paths: []string{"base/no-root/no-root.yaml"}}},
			[]string{"is a file", "select its folder"}},
		{"a folder without policies", map[string]string{"empty/readme.txt": "x"},
			project.Select{policy.Other: {Paths: []string{"empty", "base"}}}, []string{"select other", "no policy in folder empty"}},
		{"out of the source", nil, project.Select{policy.Other: {Paths: []string{"../base", "/base"}}},
			[]string{`"../base" is not a plain path`, `"/base" is not a plain path`}},
		{"no such name", nil, folders("no-rot"), []string{"select baseline", "-no-rot", "near it: no-root"}},
		{"all left out", nil, folders("no-root", "no-ports"), []string{"no policy is selected"}},
		{"half a file", map[string]string{"base/two.yaml": two}, folders("a"), []string{"base/two.yaml holds a, b", "all of its policies or none"}},
		{"a broken file anywhere below", nil, project.Select{policy.Baseline: {Paths: []string{"."}}}, []string{"elsewhere/broken.yaml:1"}},
		{"nothing", nil, project.Select{}, []string{"no policy is selected"}},
		{"broken files, all at once", map[string]string{"base/x.yaml": "a: b\n  c: d\n", "base/y.yaml": "a: [\n", "base/z.yaml": "# nothing\n"},
			folders(), []string{"base/x.yaml:2", "base/y.yaml:", "base/z.yaml:1: the file holds no YAML document"}},
		{"a key twice", map[string]string{"base/x.yaml": clusterPolicy("x") + "spec: {}\n"}, folders(), []string{"base/x.yaml:8", "already defined"}},
		{"no licence", map[string]string{"LICENSE": ""}, folders(), []string{"no LICENSE", "hint: name the root"}},
		{"wrong digest", map[string]string{"base/no-root/artifacthub-pkg.yml": hub("other")}, folders(),
			[]string{"base/no-root/artifacthub-pkg.yml says sha256 " + sum([]byte("other")),
				"base/no-root/no-root.yaml has " + sum([]byte(clusterPolicy("no-root")))}},
		{"no digest at all", map[string]string{"base/no-root/artifacthub-pkg.yml": "name: x\ndigest: yes-it-is\n"}, folders(),
			[]string{"base/no-root/artifacthub-pkg.yml:2", "want a sha256"}},
		{"a git folder", map[string]string{"base/no-root/.kyverno-test/.git/config": "x"}, folders(), []string{`".git"`, "refused"}},
		{"a control character", map[string]string{"base/\x1b[2J.yaml": "x"}, folders(), []string{`\x1b[2J.yaml`, "refused"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := fetchDir(t, with(library(), tt.files), tt.sel)
			wantError(t, err, tt.words...)
			for _, line := range strings.Split(err.Error(), "\n") {
				if !strings.HasPrefix(line, "fetch ") {
					t.Errorf("a line does not say what failed: %s", line)
				}
			}
		})
	}
}

func TestFetchSelectedTwice(t *testing.T) {
	files := with(library(), map[string]string{"elsewhere/broken.yaml": ""})
	sel := project.Select{policy.Baseline: {Paths: []string{".", "base"}}, policy.Other: {Paths: []string{"strict"}}}
	_, err := fetchDir(t, files, sel)
	wantError(t, err, "strict/no-caps/no-caps.yaml is selected for baseline and for other")
	if strings.Contains(err.Error(), "base/no-root") {
		t.Errorf("folders of one profile may overlap: %v", err)
	}
	// Left out of the one, it may belong to the other.
	sel[policy.Baseline] = project.Folders{Paths: []string{"."}, Without: []string{"no-caps"}}
	f, err := fetchDir(t, files, sel)
	if err != nil {
		t.Fatal(err)
	}
	wantPaths(t, f.Tree, taken())
	got, err := Policies(f.Tree, sel)
	if err != nil {
		t.Fatal(err)
	}
	if last := got[len(got)-1]; last.Path != "strict/no-caps/no-caps.yaml" || last.Profile != policy.Other {
		t.Errorf("got %s for %s", last.Path, last.Profile)
	}
}

func TestHubFileAmongSeveralPolicies(t *testing.T) {
	second := clusterPolicy("second")
	files := with(library(), map[string]string{"base/no-root/second.yaml": second, "base/no-root/artifacthub-pkg.yml": hub(second)})
	f, err := fetchDir(t, files, both())
	if err != nil {
		t.Fatal(err)
	}
	wantNote(t, f.Notes, "no digest of 1 policy", "base/no-root/no-root.yaml")
	// The library's own checks do not read a .yaml file: it is told, not refused.
	files = with(library(), map[string]string{"base/no-root/artifacthub-pkg.yaml": hub("old")})
	if f, err = fetchDir(t, files, both()); err != nil {
		t.Fatal(err)
	}
	wantNote(t, f.Notes, "base/no-root/artifacthub-pkg.yaml says sha256 "+sum([]byte("old")))
}

func TestFetchCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stopped by the user")
	cancel(stop)
	for name, src := range map[string]project.Upstream{
		"directory": {Directory: &project.Directory{Path: onDisk(t, library())}},
		"builtin":   {Builtin: &project.Builtin{}},
		"http":      {Git: &project.Git{URL: "http://127.0.0.1:1/x", Ref: "main"}},
	} {
		if _, err := Fetch(ctx, src, both(), Options{Builtin: library()}); !errors.Is(err, stop) {
			t.Errorf("%s: %v, want the cause of the cancellation", name, err)
		}
	}
}

func TestPolicies(t *testing.T) {
	f, err := fetchDir(t, library(), both())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Policies(f.Tree, both())
	if err != nil {
		t.Fatal(err)
	}
	want := []Policy{
		{"base/no-ports/no-ports.yaml", policy.Baseline, []byte(clusterPolicy("no-ports"))},
		{"base/no-root/no-root.yaml", policy.Baseline, []byte(clusterPolicy("no-root"))},
		{"strict/no-caps/no-caps.yaml", policy.Restricted, []byte(clusterPolicy("no-caps"))},
	}
	if len(got) != len(want) {
		t.Fatalf("%d policies, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].Path != w.Path || got[i].Profile != w.Profile || string(got[i].Data) != string(w.Data) {
			t.Errorf("policy %d is %s for %s", i, got[i].Path, got[i].Profile)
		}
	}
}

func TestPoliciesOfAnotherSelection(t *testing.T) {
	f, err := fetchDir(t, library(), both())
	if err != nil {
		t.Fatal(err)
	}
	less := project.Select{policy.Baseline: {Paths: []string{"base"}}}
	_, err = Policies(f.Tree, less)
	wantError(t, err, "strict/no-caps/no-caps.yaml is vendored and not selected", "hint: run vapchart vendor")
	more := both()
	more[policy.Other] = project.Folders{Paths: []string{"more"}}
	_, err = Policies(f.Tree, more)
	wantError(t, err, "select other: no policy in folder more", "hint: run vapchart vendor")
	without := both()
	without[policy.Baseline] = project.Folders{Paths: []string{"base"}, Without: []string{"no-root"}}
	_, err = Policies(f.Tree, without)
	wantError(t, err, "base/no-root/no-root.yaml is vendored and not selected")
	delete(f.Tree, "base/no-root/no-root.yaml")
	if _, err = Policies(f.Tree, without); err != nil {
		t.Errorf("a policy left out is gone from the vendored tree: %v", err)
	}
	_, err = Policies(tree.New(), both())
	wantError(t, err, "no policy in folder base", "no policy in folder strict")
}
