package upstream

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
)

const knownSource, knownRef = "https://host/known", "release-1"

// knownLibrary gives the known lock of the library, as release-1.
func knownLibrary(t *testing.T) map[string]Lock {
	t.Helper()
	f, err := fetchDir(t, library(), both())
	if err != nil {
		t.Fatal(err)
	}
	f.Pin = policy.Pin{Source: knownSource, Ref: knownRef, Commit: strings.Repeat("c0", 20)}
	l, _ := mustLock(t, f)
	return map[string]Lock{knownRef: l}
}

func fromDir(t *testing.T, files tree.Tree, ref string) project.Upstream {
	t.Helper()
	return project.Upstream{Directory: &project.Directory{Path: onDisk(t, files), Ref: ref}}
}

func TestKnownDirectory(t *testing.T) {
	known := knownLibrary(t)
	f := mustFetch(t, fromDir(t, library(), knownRef), both(), Options{Known: known})
	if f.Pin.Ref != knownRef || f.Pin.Commit != known[knownRef].Commit || len(f.Notes) != 0 {
		t.Errorf("pin %+v and notes %q, want the known commit and no note", f.Pin, f.Notes)
	}
	// A part of what is known is proven as well.
	part := project.Select{policy.Other: {Paths: []string{"base"}, Without: []string{"no-ports"}}}
	if f = mustFetch(t, fromDir(t, library(), knownRef), part, Options{Known: known}); f.Pin.Commit != known[knownRef].Commit {
		t.Errorf("pin %+v, want the known commit", f.Pin)
	}
	// Of a folder that the lock does not know, nothing is proven.
	files := tree.Tree{}
	add(files, "more", "new")
	files = with(library(), map[string]string{"more/new/new.yaml": string(files["more/new/new.yaml"]), "NOTICE": "n"})
	sel := both()
	sel[policy.Other] = project.Folders{Paths: []string{"more"}}
	f = mustFetch(t, fromDir(t, files, knownRef), sel, Options{Known: known})
	wantNote(t, f.Notes, "known lock of release-1 does not cover 2 files in NOTICE, more")
	if f.Pin.Commit != "" {
		t.Errorf("the commit %s is not proven", f.Pin.Commit)
	}
}

func TestKnownOtherRefs(t *testing.T) {
	known := knownLibrary(t)
	changed := with(library(), map[string]string{"base/no-root/.kyverno-test/kyverno-test.yaml": "kind: Other\n"})
	f := mustFetch(t, fromDir(t, changed, "release-2"), both(), Options{Known: known})
	wantNote(t, f.Notes, "no known lock for release-2")
	// Without a ref a directory claims to be no version.
	f = mustFetch(t, fromDir(t, changed, ""), both(), Options{Known: known})
	if len(f.Notes) != 0 || f.Pin.Commit != "" {
		t.Errorf("pin %+v and notes %q", f.Pin, f.Notes)
	}
}

func TestKnownRefuses(t *testing.T) {
	const home = "base/no-root/"
	changed := clusterPolicy("no-root") + "# one more line\n"
	renamed := clusterPolicy("no-ports")
	tests := []struct {
		name  string
		files map[string]string
		sel   project.Select
		lines []string
	}{
		{"a changed policy with a digest to match", map[string]string{
			home + "no-root.yaml": changed, home + "artifacthub-pkg.yml": hub(changed)}, both(),
			[]string{"changed  base/no-root/artifacthub-pkg.yml", "changed  base/no-root/no-root.yaml: sha256 " + sum([]byte(changed))}},
		{"a changed test", map[string]string{home + ".kyverno-test/kyverno-test.yaml": "kind: T\n"}, both(),
			[]string{"changed  base/no-root/.kyverno-test/kyverno-test.yaml"}},
		{"a changed licence", map[string]string{"LICENSE": "Pay.\n"}, both(), []string{"changed  LICENSE"}},
		{"a test missing", map[string]string{home + ".kyverno-test/kyverno-test.yaml": ""}, both(),
			[]string{"missing  base/no-root/.kyverno-test/kyverno-test.yaml"}},
		{"a policy missing", map[string]string{home + "no-root.yaml": "", home + "artifacthub-pkg.yml": "",
			home + ".kyverno-test/kyverno-test.yaml": "", home + ".chainsaw-test/deep/pod.yaml": ""}, both(),
			[]string{"missing  base/no-root/no-root.yaml", "missing  base/no-root/artifacthub-pkg.yml"}},
		{"a policy more", map[string]string{"strict/new.yaml": clusterPolicy("new")}, both(), []string{"extra    strict/new.yaml"}},
		{"a licence more", map[string]string{"strict/LICENSE": "x"}, both(), []string{"extra    strict/LICENSE"}},
		{"a policy under the name of one left out", map[string]string{home + "no-root.yaml": renamed, home + "artifacthub-pkg.yml": hub(renamed)},
			project.Select{policy.Other: {Paths: []string{"base", "strict"}, Without: []string{"no-ports"}}},
			[]string{"changed  base/no-root/artifacthub-pkg.yml", "changed  base/no-root/no-root.yaml"}},
		{"in its own folder", map[string]string{home + ".kyverno-test/kyverno-test.yaml": "kind: T\n"},
			project.Select{policy.Other: {Paths: []string{"./base/no-root/"}}}, []string{"changed  base/no-root/.kyverno-test/kyverno-test.yaml"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Fetch(t.Context(), fromDir(t, with(library(), tt.files), knownRef), tt.sel, Options{Known: knownLibrary(t)})
			if !errors.Is(err, ErrNotKnown) || errors.Is(err, ErrDrift) {
				t.Errorf("%v: want ErrNotKnown and not ErrDrift", err)
			}
			wantError(t, err, append(tt.lines, "release-1 of https://host/known at commit c0c0", "take an unaltered copy")...)
			if n := strings.Count(err.Error(), "\n"); n != len(tt.lines) && tt.name != "a policy missing" {
				t.Errorf("%d differences, want %d:\n%v", n, len(tt.lines), err)
			}
		})
	}
}

func TestKnownGit(t *testing.T) {
	known := knownLibrary(t)
	dir := t.TempDir()
	r := onDiskRepo(t, dir)
	good := r.commit(r.files(library()))
	bad := r.commit(r.files(with(library(), map[string]string{"strict/new.yaml": clusterPolicy("new")})))
	r.ref(heads+knownRef, good)
	r.ref(tags+"same", good)
	r.ref(heads+"other", bad)
	url := fileURL(dir)

	// The commit is another one, the content is not.
	f := mustFetch(t, git(url, knownRef), both(), Options{Known: known})
	wantNote(t, f.Notes, "release-1 is commit "+good.String()+" here and was known as c0c0", "the same")
	if f.Pin.Commit != good.String() || len(f.Notes) != 1 {
		t.Errorf("pin %+v and notes %q", f.Pin, f.Notes)
	}
	// The same commit is known, whatever it is called.
	l := known[knownRef]
	l.Commit = good.String()
	known[knownRef] = l
	for _, ref := range []string{knownRef, "same", good.String(), "refs/heads/" + knownRef} {
		if f = mustFetch(t, git(url, ref), both(), Options{Known: known}); len(f.Notes) != 0 {
			t.Errorf("%s: notes %q, want none", ref, f.Notes)
		}
	}
	// Other content under a known name is refused, by its full name too.
	r.ref(heads+knownRef, bad)
	r.ref("refs/remotes/origin/"+knownRef, bad)
	for _, ref := range []string{knownRef, "refs/heads/" + knownRef, "refs/remotes/origin/" + knownRef} {
		_, err := Fetch(t.Context(), git(url, ref), both(), Options{Known: known})
		if !errors.Is(err, ErrNotKnown) {
			t.Errorf("%s: %v, want ErrNotKnown", ref, err)
		}
	}
	f = mustFetch(t, git(url, "other"), both(), Options{Known: known})
	wantNote(t, f.Notes, "no known lock for other")
}

func TestKnownLocks(t *testing.T) {
	l := knownLibrary(t)[knownRef]
	text := func(edit func(*Lock)) *fstest.MapFile {
		c := l
		edit(&c)
		data, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return &fstest.MapFile{Data: data}
	}
	good := text(func(*Lock) {})
	got, err := KnownLocks(fstest.MapFS{"release-1.lock.yaml": good, "README.md": {Data: []byte("x")}})
	if err != nil || len(got) != 1 || got[knownRef].Digest != l.Digest {
		t.Errorf("got %d locks and %v", len(got), err)
	}
	_, err = KnownLocks(fstest.MapFS{
		"release-2.lock.yaml": good,
		"release-1.lock.yaml": text(func(l *Lock) { l.Commit = "" }),
		"release-3.lock.yaml": text(func(l *Lock) { l.Ref, l.Digest = "release-3", digestOf(nil) }),
		"release-4.lock.yaml": {Data: []byte("kind: Lock\n")},
	})
	wantError(t, err, "release-2.lock.yaml: want the ref release-2", "release-1.lock.yaml: want",
		"release-3.lock.yaml: want", "release-4.lock.yaml:1")
}
