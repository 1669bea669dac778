package check

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
)

// Object is an object that is to be judged.
type Object struct {
	admission.Object
	file string
	line int
}

// ReadManifests reads the objects of files, folders and standard input ("-"),
// in this order, those of a folder sorted by path. A file that is reached twice
// is read once, and one of values inside a folder is no manifest. All errors are
// returned, joined.
func ReadManifests(stdin io.Reader, names, values []string) ([]Object, error) {
	var out []Object
	files, errs := manifest.Files(names, values)
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

// readManifest reads the objects of one file as the API server would show them
// to a policy; the items of a list one by one.
func readManifest(stdin io.Reader, file string) ([]Object, error) {
	name, read := filepath.ToSlash(file), os.ReadFile
	if file == "-" {
		name, read = "stdin", func(string) ([]byte, error) { return io.ReadAll(stdin) }
	}
	data, err := read(file)
	if err != nil {
		return nil, manifest.Unreadable(name, err)
	}
	docs, err := splitManifest(name, data)
	if err != nil {
		return nil, fmt.Errorf("read manifests: %w", err)
	}
	var out []Object
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
func readObjects(doc manifest.Document) ([]Object, error) {
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
	out := make([]Object, len(objects))
	for i, o := range objects {
		out[i] = Object{Object: o, file: doc.File, line: doc.Line}
		if list {
			out[i].line = doc.LineOf("items", i)
		}
	}
	return out, nil
}
