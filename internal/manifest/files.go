package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Files lists the files that the names stand for.
func Files(names, values []string) (files []string, errs []error) {
	seen := map[string]bool{}
	add := func(file string) {
		if file = filepath.Clean(file); !seen[file] {
			seen[file] = true
			files = append(files, file)
		}
	}
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case name == "-":
			add(name)
		case err != nil:
			errs = append(errs, Unreadable(name, err))
		case !info.IsDir():
			add(name)
		default:
			found, failed := FilesBelow(name)
			if len(found)+len(failed) == 0 {
				failed = []error{Unreadable(name, errors.New("no *.yaml, *.yml or *.json in it"))}
			}
			errs = append(errs, failed...)
			for _, file := range found {
				if !slices.ContainsFunc(values, func(v string) bool { return filepath.Clean(v) == file }) {
					add(file)
				}
			}
		}
	}
	return files, errs
}

// FilesBelow gives the manifests below a folder, sorted, without those in
// hidden folders and hidden files. Links to folders are not followed.
func FilesBelow(dir string) (files []string, errs []error) {
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		hidden := name != "." && strings.HasPrefix(path.Base(name), ".")
		switch {
		case err != nil:
			errs = append(errs, Unreadable(filepath.Join(dir, name), err))
		case hidden && d.IsDir():
			return fs.SkipDir
		case !hidden && !d.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)):
			files = append(files, filepath.Join(dir, filepath.FromSlash(name)))
		}
		return nil
	})
	if err != nil {
		errs = append(errs, Unreadable(dir, err))
	}
	slices.Sort(files)
	return files, errs
}

// Unreadable gives the error on a file or folder without the name of the system
// call and with the path as it was asked for.
func Unreadable(name string, err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return fmt.Errorf("read manifests: %s: %w", filepath.ToSlash(name), err)
}

// ReadDocuments reads the documents of files, folders and standard input.
func ReadDocuments(stdin io.Reader, names, values []string) ([]Document, error) {
	files, errs := Files(names, values)
	var out []Document
	for _, file := range files {
		name, read := filepath.ToSlash(file), os.ReadFile
		if file == "-" {
			name, read = "stdin", func(string) ([]byte, error) { return io.ReadAll(stdin) }
		}
		data, err := read(file)
		if err != nil {
			errs = append(errs, Unreadable(name, err))
			continue
		}
		docs, err := Split(name, data)
		out, errs = append(out, docs...), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("read namespaces: %w", err)
	}
	return out, nil
}
