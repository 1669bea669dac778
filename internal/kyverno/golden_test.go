package kyverno

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/vapchart/vapchart/internal/policy"
)

// TestGolden reads the files of each case together and compares all that comes
// out. A file's first folder is its profile; those outside one are of none.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { golden(t, path) })
	}
}

func golden(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var files []File
	var want *txtar.File
	for i, f := range archive.Files {
		if f.Name == "want" {
			want = &archive.Files[i]
			continue
		}
		files = append(files, File{f.Name, profileOf(f.Name), f.Data})
	}
	if want == nil {
		t.Fatal("the case has no file `want`")
	}
	res, err := Read(policy.Pin{Source: "test"}, files)
	got := dump(t, res, err)
	slices.Reverse(files)
	if again, err := Read(policy.Pin{Source: "test"}, files); dump(t, again, err) != got {
		t.Error("another order of the files gives another result")
	}
	if flagUpdate() {
		want.Data = []byte(got)
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := diff.Diff("want", want.Data, "got", []byte(got)); d != nil {
		t.Errorf("run with -update after looking at this:\n%s", d)
	}
}

func profileOf(path string) policy.Profile {
	switch top, _, _ := strings.Cut(path, "/"); top {
	case "baseline":
		return policy.Baseline
	case "restricted":
		return policy.Restricted
	default:
		return policy.Other
	}
}

// TestMain defines -update, which writes the golden files anew.
func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	flag.Parse()
	os.Exit(m.Run())
}

func flagUpdate() bool {
	return flag.Lookup("update").Value.String() == "true"
}
