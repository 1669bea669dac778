package upstream

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
)

// maxFile is the size in bytes up to which a file is taken. It is far above
// any policy, which the API server limits to 1.5 MiB, and below what hurts.
const maxFile = 16 << 20

// kind is what an entry of a folder is.
type kind int

const (
	file kind = iota
	folder
	link
	submodule
	special // a device, a pipe, a socket
)

// entry is one name in a folder of a source.
type entry struct {
	name string
	kind kind
}

// source is a tree of files that is only read. Paths are slash-separated and
// relative to its root, which is "."; whoever calls has seen by list that every
// step of a path is what it takes it for.
type source interface {
	list(dir string) ([]entry, error) // sorted by name
	read(name string) ([]byte, error)
}

// opened is a source that is ready, and which state of it that is.
type opened struct {
	source
	pin     policy.Pin
	foreign bool // it is another's work: it needs a licence
	close   func()
}

// open makes the source that vapchart.yaml names ready for reading.
func open(ctx context.Context, src project.Upstream, opt Options) (opened, error) {
	switch {
	case src.Git != nil:
		return openGit(ctx, *src.Git)
	case src.Directory != nil:
		return openDirectory(*src.Directory, opt.BaseDir)
	case src.Builtin != nil:
		m := inMemory(opt.Builtin)
		return opened{source: m, pin: policy.Pin{Source: nameOf(src)}, close: func() {}}, nil
	default:
		return opened{}, errors.New("no source is named")
	}
}

// nameOf gives a source's name as the pin has it. It never holds credentials.
func nameOf(src project.Upstream) string {
	switch {
	case src.Git != nil:
		r, err := parseURL(src.Git.URL)
		if err != nil {
			return "git" // the text that is no URL may hold a password
		}
		return r.name
	case src.Directory != nil:
		return filepath.ToSlash(src.Directory.Path)
	case src.Builtin != nil:
		return "builtin"
	default:
		return "upstream"
	}
}

// refuse gives the error for an entry that is never taken, nil for a file or a
// folder.
func refuse(name string, k kind) error {
	switch k {
	case link:
		return policy.WithHint(fmt.Errorf("read %s: it is a symbolic link, which is refused", name),
			"put the file itself in its place")
	case submodule:
		return policy.WithHint(fmt.Errorf("read %s: it is a git submodule, which is refused", name),
			"name the submodule's own repository as the source")
	case special:
		return fmt.Errorf("read %s: it is neither a file nor a folder", name)
	default:
		return nil
	}
}
