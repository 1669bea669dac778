package upstream

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
)

// directory is a folder of this machine as a source. The system itself keeps
// every access inside that folder.
type directory struct{ root *os.Root }

// openDirectory opens a directory source; a relative path begins at base.
func openDirectory(d project.Directory, base string) (opened, error) {
	dir := filepath.FromSlash(d.Path)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(base, dir)
	}
	root, err := os.OpenRoot(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return opened{}, policy.WithHint(errors.New("no such folder"),
			"a relative path begins at the folder of vapchart.yaml")
	case err != nil:
		return opened{}, fmt.Errorf("open folder: %w", cause(err))
	}
	return opened{
		source:  directory{root},
		pin:     policy.Pin{Source: filepath.ToSlash(d.Path), Ref: d.Ref},
		foreign: true,
		close:   func() { _ = root.Close() },
	}, nil
}

func (d directory) list(dir string) ([]entry, error) {
	f, err := d.root.Open(filepath.FromSlash(dir))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", dir, cause(err))
	}
	defer func() { _ = f.Close() }()
	found, err := f.ReadDir(-1)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", dir, cause(err))
	}
	var out []entry
	for _, e := range found {
		out = append(out, entry{e.Name(), kindOf(e.Type())})
	}
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

func (d directory) read(name string) ([]byte, error) {
	f, err := d.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, cause(err))
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, cause(err))
	}
	if len(data) > maxFile {
		return nil, tooBig(name)
	}
	return data, nil
}

func kindOf(m fs.FileMode) kind {
	switch {
	case m.IsRegular():
		return file
	case m.IsDir():
		return folder
	case m&fs.ModeSymlink != 0:
		return link
	default:
		return special
	}
}

func tooBig(name string) error {
	return fmt.Errorf("read %s: it is larger than %d MiB", name, maxFile>>20)
}

// cause gives what went wrong without the path, which the message names already
// as the user knows it.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
