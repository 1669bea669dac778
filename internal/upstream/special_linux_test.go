package upstream

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/vapchart/vapchart/internal/project"
)

// A pipe without a writer would hold the reader up for ever.
func TestDirectoryRefusesPipes(t *testing.T) {
	dir := onDisk(t, library())
	if err := syscall.Mkfifo(filepath.Join(dir, "base", "pipe.yaml"), 0o644); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	_, err := Fetch(t.Context(), project.Upstream{Directory: &project.Directory{Path: dir}}, both(), Options{})
	wantError(t, err, "base/pipe.yaml: it is neither a file nor a folder")
}
