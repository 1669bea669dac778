package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/policy"
)

// Names of what a project folder holds.
const (
	projectFile = "vapchart.yaml"
	upstreamDir = "upstream"
	lockFile    = "upstream.lock.yaml"
	chartsDir   = "charts"
)

// project is the folder that a command works on.
type project struct {
	dir  string
	past bool // it is a release's: exceptions may have expired since
}

// path gives a path inside the project.
func (p *project) path(elem ...string) string {
	return filepath.Join(append([]string{p.dir}, elem...)...)
}

// load reads vapchart.yaml and also gives its text, for a verb that changes it.
func (p *project) load() (config.Plan, []byte, error) {
	file := p.path(projectFile)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return config.Plan{}, nil, policy.WithHint(fmt.Errorf("read project: no %s in %s", projectFile, p.dir),
			"go to the folder of your project, or name it with -C")
	}
	if err != nil {
		return config.Plan{}, nil, fmt.Errorf("read project: %w", err)
	}
	plan, err := config.Read(filepath.ToSlash(file), data)
	return plan, data, err
}

// relative gives a path that was named from the present folder as it is named
// from the project's, slash-separated; an absolute one stays as it is.
func (p *project) relative(name string) string {
	if filepath.IsAbs(name) || filepath.Clean(p.dir) == "." {
		return filepath.ToSlash(name)
	}
	from, err := filepath.Abs(p.dir)
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
