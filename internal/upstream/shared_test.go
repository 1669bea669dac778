package upstream

import (
	"errors"
	"flag"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/locks"
)

var update = flag.Bool("update", false, "write the known-good locks of ../shared/upstream anew")

// The real library, as it is laid down beside the checkout.
const (
	sharedDir = "../../../shared/upstream"
	locksDir  = "../../locks"
	realURL   = "https://github.com/kyverno/policies"
)

// realVersions gives the branches that are there with the commits that their
// README says they stand at.
func realVersions(t *testing.T) map[string]string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(sharedDir, "README.md"))
	if err != nil {
		t.Skipf("the real library is not there: %v", err)
	}
	out := map[string]string{}
	for _, line := range strings.Split(string(readme), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !isHash(strings.TrimSpace(cells[2])) {
			continue
		}
		out[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
	}
	if len(out) != 5 {
		t.Fatalf("the README tells of %d versions, want 5", len(out))
	}
	return out
}

// realSelect selects all pod security folders that a version has.
func realSelect(ref string) project.Select {
	sel := project.Select{}
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		var f project.Folders
		for _, dir := range []string{"pod-security-cel", "pod-security-vpol"} {
			p := path.Join(dir, string(profile))
			if _, err := os.Stat(filepath.Join(sharedDir, "kyverno-policies", ref, p)); err == nil {
				f.Paths = append(f.Paths, p)
			}
		}
		sel[profile] = f
	}
	return sel
}

func realDir(ref string) string {
	return filepath.ToSlash(filepath.Join(sharedDir, "kyverno-policies", ref))
}

func embeddedLocks(t *testing.T) map[string]Lock {
	t.Helper()
	known, err := KnownLocks(locks.FS)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// The known-good locks are what this code makes of the real library; -update
// writes them.
func TestKnownLocksAreFresh(t *testing.T) {
	for ref, commit := range realVersions(t) {
		src := project.Upstream{Directory: &project.Directory{Path: realDir(ref)}}
		f := mustFetch(t, src, realSelect(ref), Options{})
		if len(f.Notes) != 0 {
			t.Errorf("%s: notes %q, want none", ref, f.Notes)
		}
		f.Pin = policy.Pin{Source: realURL, Ref: ref, Commit: commit}
		_, text := mustLock(t, f)
		name := filepath.Join(locksDir, ref+".lock.yaml")
		if *update {
			if err := tree.WriteFile(name, []byte(text)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(name)
		if err != nil || string(have) != text {
			t.Errorf("%s is not what the library gives (%v): run the test with -update", name, err)
		}
	}
}

// Without the real library the locks can still be held to their own shape.
func TestEmbeddedLocks(t *testing.T) {
	known := embeddedLocks(t)
	for _, ref := range []string{"release-1.12", "release-1.13", "release-1.15", "release-1.16", "release-1.17"} {
		l, ok := known[ref]
		if !ok || l.Source != realURL {
			t.Errorf("%s: there: %v, source %q", ref, ok, l.Source)
		}
		if _, ok := l.Files["LICENSE"]; !ok {
			t.Errorf("%s: no licence", ref)
		}
	}
}

func TestVendorRealDirectories(t *testing.T) {
	known := embeddedLocks(t)
	for ref, commit := range realVersions(t) {
		t.Run(ref, func(t *testing.T) {
			src := project.Upstream{Directory: &project.Directory{Path: realDir(ref), Ref: ref}}
			f := mustFetch(t, src, realSelect(ref), Options{Known: known})
			if f.Pin.Commit != commit || len(f.Notes) != 0 {
				t.Errorf("pin %+v and notes %q, want the known commit and no note", f.Pin, f.Notes)
			}
			if err := known[ref].Verify(f.Tree); err != nil {
				t.Error(err)
			}
			wantAllPolicies(t, f.Tree, realSelect(ref))
			p := vendored(t, f)
			if _, _, err := Check(p.dir, p.lock); err != nil {
				t.Error(err)
			}
		})
	}
}

// wantAllPolicies holds the chosen policies against a plain search for files
// that hold one.
func wantAllPolicies(t *testing.T, got tree.Tree, sel project.Select) {
	t.Helper()
	chosen, err := Policies(got, sel)
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for name, data := range got {
		if !strings.Contains(name, "/.") && strings.Contains("\n"+string(data), "\nspec:") {
			want++
		}
	}
	if len(chosen) != want || want < 10 {
		t.Errorf("%d policies are chosen, %d files hold one", len(chosen), want)
	}
}

// A repository of the real versions, each a commit upon the one before.
func TestVendorRealRepository(t *testing.T) {
	versions := realVersions(t)
	known := embeddedLocks(t)
	dir := t.TempDir()
	r := onDiskRepo(t, dir)
	last := r.commit(r.files(tree.Tree{"README.md": []byte("x")}))
	for _, ref := range []string{"release-1.12", "release-1.13", "release-1.15", "release-1.16", "release-1.17"} {
		files, err := tree.Read(filepath.FromSlash(realDir(ref)))
		if err != nil {
			t.Fatal(err)
		}
		last = r.commit(r.files(files), last)
		r.ref(heads+ref, last)
	}
	pack(t, dir)
	for ref, commit := range versions {
		f := mustFetch(t, git(fileURL(dir), ref), realSelect(ref), Options{Known: known})
		if err := known[ref].Verify(f.Tree); err != nil {
			t.Error(err)
		}
		wantNote(t, f.Notes, ref+" is commit "+f.Pin.Commit, "known as "+commit, "the same")
	}
}

func TestVendorRealRefusesOneByte(t *testing.T) {
	realVersions(t)
	known := embeddedLocks(t)
	const ref, victim = "release-1.17", "pod-security-cel/baseline/disallow-host-path/.kyverno-test/resource.yaml"
	files, err := tree.Read(filepath.FromSlash(realDir(ref)))
	if err != nil {
		t.Fatal(err)
	}
	files[victim][0] ^= 1
	src := project.Upstream{Directory: &project.Directory{Path: onDisk(t, files), Ref: ref}}
	_, err = Fetch(t.Context(), src, realSelect(ref), Options{Known: known})
	if !errors.Is(err, ErrNotKnown) {
		t.Fatalf("%v, want ErrNotKnown", err)
	}
	wantError(t, err, "changed  "+victim)
	if n := strings.Count(err.Error(), "\n"); n != 1 {
		t.Errorf("%d differences, want 1:\n%v", n, err)
	}
}
