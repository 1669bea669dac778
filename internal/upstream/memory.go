package upstream

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/tree"
)

// memory is a tree as a source: the built-in library, or a vendored tree.
type memory struct {
	files   tree.Tree
	folders map[string][]entry
}

func inMemory(t tree.Tree) memory {
	m := memory{files: t, folders: map[string][]entry{".": nil}}
	for _, name := range t.Paths() {
		m.add(name, file)
	}
	for _, entries := range m.folders {
		slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	}
	return m
}

func (m memory) add(name string, k kind) {
	if k == folder {
		if _, there := m.folders[name]; there {
			return
		}
		m.folders[name] = nil
	}
	dir := path.Dir(name)
	if dir != "." {
		m.add(dir, folder)
	}
	m.folders[dir] = append(m.folders[dir], entry{path.Base(name), k})
}

func (m memory) list(dir string) ([]entry, error) { return m.folders[dir], nil }

func (m memory) read(name string) ([]byte, error) {
	data, ok := m.files[name]
	if !ok {
		return nil, fmt.Errorf("read %s: no such file", name)
	}
	return data, nil
}
