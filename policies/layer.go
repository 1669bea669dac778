package policies

import (
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// layer is a library by the paths of its files, put together from several
// folders. It is a file system to read from.
type layer map[string]revision

// Open gives a file, or a folder above files.
func (l layer) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if r, ok := l[name]; ok {
		return r.from.Open(r.path)
	}
	entries, err := l.entries(name)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	// The folder itself is one of FS, since a revision lies where the newest does.
	folder, err := FS.Open(name)
	if err != nil {
		return nil, err
	}
	return &dir{folder, entries}, nil
}

// entries gives what is in a folder, sorted by name.
func (l layer) entries(folder string) ([]fs.DirEntry, error) {
	var names []string
	for file := range l {
		if folder != "." {
			below, ok := strings.CutPrefix(file, folder+"/")
			if !ok {
				continue
			}
			file = below
		}
		name, _, _ := strings.Cut(file, "/")
		names = append(names, name)
	}
	slices.Sort(names)
	var out []fs.DirEntry
	for _, name := range slices.Compact(names) {
		at := path.Join(folder, name)
		r, isFile := l[at]
		if !isFile {
			r = revision{from: FS, path: at}
		}
		info, err := fs.Stat(r.from, r.path)
		if err != nil {
			return nil, err
		}
		out = append(out, fs.FileInfoToDirEntry(info))
	}
	return out, nil
}

// dir is a folder that lists no more than a layer holds.
type dir struct {
	fs.File
	left []fs.DirEntry
}

// ReadDir gives the next n entries, or all that are left where n is not above 0.
func (d *dir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.left) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.left) {
		n = len(d.left)
	}
	out := d.left[:n]
	d.left = d.left[n:]
	return out, nil
}
