// Package project owns vapchart.yaml and the folders beside it. It decodes the file
// strictly, fills in defaults and validates it: one Plan comes out. It also edits the
// file, for the verbs that change a source, a version or the list of clusters, and leaves
// comments and layout as they are.
//
// Errors name the key with its line, and all of a file come at once.
package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/policy"
)

// Names of what a project folder holds.
const (
	File        = "vapchart.yaml"
	UpstreamDir = "upstream"
	LockFile    = "upstream.lock.yaml"
	ChartsDir   = "charts"
)

// Project is the folder that a command works on.
type Project struct {
	Dir  string
	Past bool // it is a release's: exceptions may have expired since
}

// Path gives a path inside the project.
func (p *Project) Path(elem ...string) string {
	return filepath.Join(append([]string{p.Dir}, elem...)...)
}

// Load reads vapchart.yaml and also gives its text, for a verb that changes it.
func (p *Project) Load() (Plan, []byte, error) {
	file := p.Path(File)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Plan{}, nil, policy.WithHint(fmt.Errorf("read project: no %s in %s", File, p.Dir),
			"go to the folder of your project, or name it with -C")
	}
	if err != nil {
		return Plan{}, nil, fmt.Errorf("read project: %w", err)
	}
	plan, err := Read(filepath.ToSlash(file), data)
	return plan, data, err
}

// relative gives a path that was named from the present folder as it is named
// from the project's, slash-separated; an absolute one stays as it is.
func (p *Project) relative(name string) string {
	if filepath.IsAbs(name) || filepath.Clean(p.Dir) == "." {
		return filepath.ToSlash(name)
	}
	from, err := filepath.Abs(p.Dir)
	if err != nil {
		return filepath.ToSlash(name)
	}
	to, err := filepath.Abs(name)
	if err != nil {
		return filepath.ToSlash(name)
	}
	rel, err := filepath.Rel(from, to)
	if err != nil {
		return filepath.ToSlash(to)
	}
	return filepath.ToSlash(rel)
}
