package cli

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

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
)

// checked is an object that is to be judged.
type checked struct {
	admission.Object
	file string
	line int
}

// readManifests reads the objects of files, folders and standard input ("-"),
// in this order, those of a folder sorted by path. A file that is reached twice
// is read once, and one of values inside a folder is no manifest. All errors are
// returned, joined.
func readManifests(stdin io.Reader, names, values []string) ([]checked, error) {
	var out []checked
	files, errs := manifestFiles(names, values)
	for _, file := range files {
		objects, err := readManifest(stdin, file)
		out, errs = append(out, objects...), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("read manifests: %s: no object in it", strings.Join(names, ", "))
	}
	return out, nil
}

// manifestFiles gives the files that the names stand for.
func manifestFiles(names, values []string) (files []string, errs []error) {
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
			errs = append(errs, unreadable(name, err))
		case !info.IsDir():
			add(name)
		default:
			found, failed := filesBelow(name)
			if len(found)+len(failed) == 0 {
				failed = []error{unreadable(name, errors.New("no *.yaml, *.yml or *.json in it"))}
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

// filesBelow gives the manifests below a folder, sorted, without those in
// hidden folders and hidden files. Links to folders are not followed.
func filesBelow(dir string) (files []string, errs []error) {
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		hidden := name != "." && strings.HasPrefix(path.Base(name), ".")
		switch {
		case err != nil:
			errs = append(errs, unreadable(filepath.Join(dir, name), err))
		case hidden && d.IsDir():
			return fs.SkipDir
		case !hidden && !d.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)):
			files = append(files, filepath.Join(dir, filepath.FromSlash(name)))
		}
		return nil
	})
	if err != nil {
		errs = append(errs, unreadable(dir, err))
	}
	slices.Sort(files)
	return files, errs
}

// unreadable gives the error on a file or folder without the name of the system
// call and with the path as it was asked for.
func unreadable(name string, err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return fmt.Errorf("read manifests: %s: %w", filepath.ToSlash(name), err)
}

// readManifest reads the objects of one file as the API server would show them
// to a policy; the items of a list one by one.
func readManifest(stdin io.Reader, file string) ([]checked, error) {
	name, read := filepath.ToSlash(file), os.ReadFile
	if file == "-" {
		name, read = "stdin", func(string) ([]byte, error) { return io.ReadAll(stdin) }
	}
	data, err := read(file)
	if err != nil {
		return nil, unreadable(name, err)
	}
	docs, err := splitManifest(name, data)
	if err != nil {
		return nil, fmt.Errorf("read manifests: %w", err)
	}
	var out []checked
	var errs []error
	for _, doc := range docs {
		objects, err := readObjects(doc)
		if err != nil {
			errs = append(errs, fmt.Errorf("read manifests: %w", err))
		}
		out = append(out, objects...)
	}
	return out, errors.Join(errs...)
}

// readObjects decodes a document, which may be a list.
func readObjects(doc manifest.Document) ([]checked, error) {
	objects, err := admission.DecodeAll(doc)
	if err != nil {
		var content any // of keys given twice this names the lines
		if repeated := doc.Decode(&content); repeated != nil {
			return nil, repeated
		}
		return nil, err
	}
	_, kind := doc.TypeMeta()
	list := strings.HasSuffix(kind, "List")
	if _, _, items := doc.Lines("items"); list && !items {
		return nil, doc.Errorf("a %s without items", kind)
	}
	out := make([]checked, len(objects))
	for i, o := range objects {
		out[i] = checked{Object: o, file: doc.File, line: doc.Line}
		if list {
			out[i].line = doc.LineOf("items", i)
		}
	}
	return out, nil
}
