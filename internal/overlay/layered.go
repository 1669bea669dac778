package overlay

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/vapchart/vapchart/internal/tree"
)

// layered is the disk with some files in front of it that are not written yet. It
// cannot be written to.
type layered struct {
	filesys.FileSystem
	root  string    // absolute, links resolved
	files tree.Tree // by path below root
}

// newLayered puts files in front of those of dir. What is generated and left over
// on the disk, but no longer among the files, is not seen.
func newLayered(dir string, files tree.Tree) (layered, error) {
	disk := filesys.MakeFsOnDisk() // whose folders kustomize names with links resolved
	root, _, err := disk.CleanedAbs(dir)
	return layered{disk, root.String(), files}, err
}

// within gives the path of a name below root if it is one of the files, a folder
// of them, or would be in the generated folder.
func (l layered) within(name string) (string, bool) {
	rel, err := filepath.Rel(l.root, filepath.Clean(name))
	if err != nil {
		return "", false
	}
	rel = filepath.ToSlash(rel)
	_, file := l.files[rel]
	return rel, file || rel == RenderedDir || strings.HasPrefix(rel, RenderedDir+"/")
}

func (l layered) folder(rel string) bool {
	for name := range l.files {
		if strings.HasPrefix(name, rel+"/") {
			return true
		}
	}
	return false
}

// IsDir tells whether the name is that of a folder.
func (l layered) IsDir(name string) bool {
	if rel, ok := l.within(name); ok {
		return l.folder(rel)
	}
	return l.FileSystem.IsDir(name)
}

// Exists tells whether there is anything of that name.
func (l layered) Exists(name string) bool {
	if rel, ok := l.within(name); ok {
		return l.files[rel] != nil || l.folder(rel)
	}
	return l.FileSystem.Exists(name)
}

// ReadFile gives the content of a file.
func (l layered) ReadFile(name string) ([]byte, error) {
	rel, ok := l.within(name)
	if !ok {
		return l.FileSystem.ReadFile(name)
	}
	if data, ok := l.files[rel]; ok {
		return data, nil
	}
	return nil, &os.PathError{Op: "read", Path: name, Err: os.ErrNotExist}
}

// CleanedAbs gives the folder of a name, and its file unless it is a folder.
func (l layered) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	rel, ok := l.within(name)
	if !ok {
		return l.FileSystem.CleanedAbs(name)
	}
	full := filepath.Join(l.root, filepath.FromSlash(rel))
	switch {
	case l.folder(rel):
		return filesys.ConfirmedDir(full), "", nil
	case l.files[rel] != nil:
		return filesys.ConfirmedDir(filepath.Dir(full)), filepath.Base(full), nil
	default:
		return "", "", &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
	}
}

// errReadOnly is what every way to write gives.
func (l layered) errReadOnly() error { return errors.New("a kustomization is only read") }

// Create refuses.
func (l layered) Create(string) (filesys.File, error) { return nil, l.errReadOnly() }

// Mkdir refuses.
func (l layered) Mkdir(string) error { return l.errReadOnly() }

// MkdirAll refuses.
func (l layered) MkdirAll(string) error { return l.errReadOnly() }

// RemoveAll refuses.
func (l layered) RemoveAll(string) error { return l.errReadOnly() }

// WriteFile refuses.
func (l layered) WriteFile(string, []byte) error { return l.errReadOnly() }
