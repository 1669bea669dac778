package release

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
)

// stageSmall stages a release of two files into a dist folder.
func stageSmall(t *testing.T, p *project.Project, dist string) *stagedRelease {
	t.Helper()
	bundle := tree.Tree{RecordFile: []byte("a\n"), SumsFile: []byte("b\n")}
	out, err := stageRelease(t.Context(), p, Options{Dist: dist}, Facts{Chart: "small", Version: "1.0.0"}, bundle)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDiscardKeepsFolders holds that a release that fails removes the folders that
// it made, and none that was there, empty or not.
func TestDiscardKeepsFolders(t *testing.T) {
	p := &project.Project{Dir: t.TempDir()}
	there := filepath.Join(p.Dir, "mine")
	for _, dir := range []string{there, p.Path(ReleasesDir)} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for dist, want := range map[string]string{
		there: "mine releases", filepath.Join(there, "new", "deep"): "mine releases", filepath.Join(p.Dir, "new"): "mine releases",
	} {
		if err := stageSmall(t, p, dist).Discard(); err != nil {
			t.Fatal(err)
		}
		if got := namesIn(t, p.Dir); got != want {
			t.Errorf("--dist %s leaves %s, want %s", dist, got, want)
		}
		if got := namesIn(t, there) + namesIn(t, p.Path(ReleasesDir)); got != "" {
			t.Errorf("--dist %s leaves %s", dist, got)
		}
	}
}

// TestCommitPutsBack holds that an archive that was there is there again where the
// record cannot be put into its place, and that nothing is left beside either.
func TestCommitPutsBack(t *testing.T) {
	const name = "small-1.0.0" + ArchiveExtension
	for what, c := range map[string]struct {
		former string
		block  bool // the record's place
		want   string
	}{
		"one was there":        {"former", true, "former"},
		"none was there":       {"", true, ""},
		"one was there, well":  {"former", false, "\x1f\x8b"},
		"none was there, well": {"", false, "\x1f\x8b"},
	} {
		t.Run(what, func(t *testing.T) {
			p := &project.Project{Dir: t.TempDir()}
			dist := p.Path(DistDir)
			if c.former != "" {
				if err := (tree.Tree{name: []byte(c.former)}).Write(t.Context(), dist); err != nil {
					t.Fatal(err)
				}
			}
			out := stageSmall(t, p, dist)
			if c.block {
				if err := os.WriteFile(p.Path(ReleasesDir, "1.0.0"), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			err := out.commit()
			if (err != nil) != c.block || err != nil && (!strings.Contains(err.Error(), "is not a folder") || policy.HintOf(err) == "") {
				t.Errorf("commit: %v", err)
			}
			if err := out.Discard(); err != nil {
				t.Error(err)
			}
			got, _ := os.ReadFile(filepath.Join(dist, name))
			if !strings.HasPrefix(string(got), c.want) || c.want == "" && got != nil {
				t.Errorf("the archive is %.20q, want %q", got, c.want)
			}
			left := name
			if c.want == "" {
				left = "" // with its folder
			}
			if names := namesIn(t, dist); names != left {
				t.Errorf("%s has %s, want %s", dist, names, left)
			}
			if names := namesIn(t, p.Path(ReleasesDir)); names != "1.0.0" {
				t.Errorf("the records are %s", names)
			}
		})
	}
}

// namesIn gives the names in a folder; none where it is not there.
func namesIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}
