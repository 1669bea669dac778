package upstream

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
)

func TestDirectoryPin(t *testing.T) {
	base := onDisk(t, library())
	name := filepath.Base(base)
	for _, tt := range []struct{ dir, path, want string }{
		{filepath.Dir(base), name, name},
		{filepath.Dir(base), "./" + name + "/", "./" + name + "/"},
		{filepath.Join(base, "base"), "..", ".."},
		{"/nowhere", base, filepath.ToSlash(base)},
	} {
		src := project.Upstream{Directory: &project.Directory{Path: tt.path, Ref: "mine"}}
		f := mustFetch(t, src, both(), Options{BaseDir: tt.dir})
		if want := (policy.Pin{Source: tt.want, Ref: "mine"}); f.Pin != want {
			t.Errorf("%s: pin %+v, want %+v", tt.path, f.Pin, want)
		}
		wantPaths(t, f.Tree, taken())
	}
}

func TestDirectoryMissing(t *testing.T) {
	dir := onDisk(t, library())
	for p, words := range map[string][]string{
		"nowhere": {"fetch nowhere: no such folder", "folder of vapchart.yaml"},
		"LICENSE": {"fetch LICENSE: open folder: not a directory"},
	} {
		src := project.Upstream{Directory: &project.Directory{Path: p}}
		_, err := Fetch(t.Context(), src, both(), Options{BaseDir: dir})
		wantError(t, err, words...)
		if strings.Contains(err.Error(), dir) {
			t.Errorf("the error names a path that the user did not write: %v", err)
		}
	}
}

func TestDirectoryRefusesLinks(t *testing.T) {
	outside := onDisk(t, library())
	tests := []struct {
		name, link, target string
		sel                string
	}{
		{"a file out of the source", "base/out.yaml", filepath.Join(outside, "base/no-root/no-root.yaml"), "base"},
		{"a file inside it", "base/in.yaml", "no-root/no-root.yaml", "base"},
		{"a file that is not YAML", "base/readme.md", "../README.md", "base"},
		{"a folder", "base/more", filepath.Join(outside, "base"), "base"},
		{"a dangling link", "base/gone.yaml", "nothing", "base"},
		{"in the tests", "base/no-root/.kyverno-test/x.yaml", "/etc/passwd", "base"},
		{"the tests themselves", "base/more/.kyverno-test", "../no-root/.kyverno-test", "base"},
		{"the selected folder", "linked", "base", "linked"},
		{"on the way to it", "linked", "base", "linked/no-root"},
		{"a licence", "NOTICE", "/etc/passwd", "base"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := onDisk(t, library())
			link := filepath.Join(dir, filepath.FromSlash(tt.link))
			if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(tt.target, link); err != nil {
				t.Skipf("no symbolic links here: %v", err)
			}
			src := project.Upstream{Directory: &project.Directory{Path: dir}}
			_, err := Fetch(t.Context(), src, project.Select{policy.Other: {Paths: []string{tt.sel}}}, Options{})
			wantError(t, err, tt.link+": it is a symbolic link, which is refused", "put the file itself")
		})
	}
}

func TestDirectoryLooksNowhereElse(t *testing.T) {
	dir := onDisk(t, library())
	if err := os.Symlink("/etc", filepath.Join(dir, "elsewhere", "etc")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	mustFetch(t, project.Upstream{Directory: &project.Directory{Path: dir}}, both(), Options{})
}

func TestDirectoryTooBig(t *testing.T) {
	dir := onDisk(t, library())
	big := filepath.Join(dir, "base", "big.yaml")
	if err := os.WriteFile(big, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, maxFile+1); err != nil {
		t.Fatal(err)
	}
	_, err := Fetch(t.Context(), project.Upstream{Directory: &project.Directory{Path: dir}}, both(), Options{})
	wantError(t, err, "base/big.yaml: it is larger than 16 MiB")
}

func TestDirectoryUnreadable(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("this user may read everything")
	}
	dir := onDisk(t, library())
	for _, p := range []string{"base/no-root/no-root.yaml", "strict/no-caps"} {
		full := filepath.Join(dir, p)
		if err := os.Chmod(full, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(full, 0o755) })
	}
	_, err := Fetch(t.Context(), project.Upstream{Directory: &project.Directory{Path: dir}}, both(), Options{})
	wantError(t, err, "read base/no-root/no-root.yaml: permission denied", "read strict/no-caps: permission denied")
}
