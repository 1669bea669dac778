package release

import (
	"io"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// TestExpiredSince holds that a release stays provable when its exceptions have
// expired, which else is an error.
func TestExpiredSince(t *testing.T) {
	dir := t.TempDir()
	values := "exceptions:\n  x: {reason: y, expires: \"2001-01-01\", allow: {privileged: true}}\n"
	if err := (tree.Tree{"overlays/a/values.yaml": []byte(values)}).Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	files, err := tree.Read("../../charts/pod-security")
	if err != nil {
		t.Fatal(err)
	}
	s := term.Streams{Out: io.Discard, Err: io.Discard, Now: time.Now}
	if _, err := cluster.Values(s, &project.Project{Dir: dir}, files, project.Cluster{Name: "a"}); err == nil || !strings.Contains(err.Error(), "expired on 2001-01-01") {
		t.Errorf("now: %v", err)
	}
	got, err := cluster.Values(s, &project.Project{Dir: dir, Past: true}, files, project.Cluster{Name: "a"})
	if err != nil || got["exceptions"] == nil {
		t.Errorf("of a release: %v, %v", got, err)
	}
}

func TestPrevious(t *testing.T) {
	p := &project.Project{Dir: t.TempDir()}
	records := tree.New()
	for _, v := range []string{"0.9.0", "0.10.0", "0.10.0-rc.1", "1.0.0", "notes"} {
		records["releases/"+v+"/"+RecordFile] = []byte("x")
	}
	records["releases/0.11.0/README.md"] = []byte("x")
	if err := records.Write(t.Context(), p.Dir); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{"0.9.0": "", "0.10.0-rc.1": "0.9.0", "0.10.0": "0.10.0-rc.1", "0.12.0": "0.10.0", "2.0.0": "1.0.0"} {
		if got, err := previous(p, version); err != nil || got != want {
			t.Errorf("before %s is %q, %v, want %q", version, got, err, want)
		}
	}
}

// TestOverlaysOf holds that what is generated is taken as it was made, not as it
// lies there, and that what is there by hand stays.
func TestOverlaysOf(t *testing.T) {
	p := &project.Project{Dir: t.TempDir()}
	there := tree.Tree{"overlays/common/values.yaml": []byte("a"), "overlays/a/rendered/old.yaml": []byte("b"), "overlays/a/values.yaml": []byte("c")}
	if err := there.Write(t.Context(), p.Dir); err != nil {
		t.Fatal(err)
	}
	got, err := overlaysOf(p, map[string]tree.Tree{"charts/x": {"Chart.yaml": nil}, "overlays/a/rendered": {"new.yaml": []byte("d")}})
	want := tree.Tree{"common/values.yaml": []byte("a"), "a/values.yaml": []byte("c"), "a/rendered/new.yaml": []byte("d")}
	if err != nil || len(tree.Diff("", want, got)) > 0 {
		t.Errorf("%v\n%s", err, tree.Diff("", want, got))
	}
}

// TestToolVersion holds that only a version that anybody can get is one.
func TestToolVersion(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.3": "v1.2.3", "v1.2.3-rc.1": "v1.2.3-rc.1", "(devel)": "(devel)", "": "(devel)",
		"v1.2.3+dirty": "(devel)", "v0.0.0-20260102030405-abcdefabcdef": "(devel)", "v1.2.4-0.20260102030405-abcdefabcdef+dirty": "(devel)",
	} {
		if got := toolVersion(debug.Module{Path: toolModule, Version: version}); got != want {
			t.Errorf("%q is %q, want %q", version, got, want)
		}
	}
	if got := toolVersion(debug.Module{Path: "example.org/other", Version: "v1.2.3"}); got != "(devel)" {
		t.Errorf("another program is %q", got)
	}
}

// TestVerdictsOfNothing holds that the same chart gives the same answers.
func TestVerdictsOfNothing(t *testing.T) {
	files, err := tree.Read("../../charts/pod-security")
	if err != nil {
		t.Fatal(err)
	}
	a := &assembled{Input: Input{Facts: Facts{Chart: "x", Version: "2", Previous: "1"}}, chart: files}
	text, err := verdicts(t.Context(), a, &bundleFile{chart: files})
	if err != nil || !strings.Contains(string(text), "verdicts   unchanged") || strings.Count(string(text), "None.") != 2 {
		t.Errorf("%v\n%s", err, text)
	}
}
