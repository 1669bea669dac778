package exception

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// controlAnnotation names the control on a built-in policy.
const controlAnnotation = "vapchart.dev/control"

// Reader reads several versions of a library. A file that they have in common is
// read once.
type Reader struct {
	policies map[fileKey]fileControls
	checked  map[fileKey]source // in which nothing is wrong
}

// NewReader makes a reader that has read nothing yet.
func NewReader() *Reader { return &Reader{map[fileKey]fileControls{}, map[fileKey]source{}} }

// fileKey is a file, and what else decides what comes of reading it.
type fileKey struct{ name, data, control string }

// fileControls is the control of each rule of a policy file, by the rule's joined name.
type fileControls struct {
	of  map[string]policy.Control
	err error
}

// library gives the control of each built-in rule, by the rule's joined
// name. It reads no more of the policies than that.
func (r *Reader) library(fsys fs.FS) (map[string]policy.Control, error) {
	out := map[string]policy.Control{}
	var errs []error
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name == Folder:
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".yaml":
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		key := fileKey{name: name, data: string(data)}
		known, ok := r.policies[key]
		if !ok {
			known = readPolicy(name, data)
			r.policies[key] = known
		}
		maps.Copy(out, known.of)
		errs = append(errs, known.err)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read exceptions: %w", err)
	}
	return out, errors.Join(errs...)
}

func readPolicy(name string, data []byte) fileControls {
	docs, err := manifest.Split(name, data)
	if err != nil {
		return fileControls{err: err}
	}
	out := fileControls{of: map[string]policy.Control{}}
	var errs []error
	for _, doc := range docs {
		text, err := doc.JSON()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		var p struct {
			Metadata struct {
				Name        string
				Annotations map[string]string
			}
			Spec struct{ Rules []struct{ Name string } }
		}
		if err := json.Unmarshal(text, &p); err != nil {
			errs = append(errs, doc.Errorf("read policy: %v", err))
			continue
		}
		control := policy.Control(p.Metadata.Annotations[controlAnnotation])
		if control == "" {
			errs = append(errs, doc.Errorf("metadata.annotations: %s is missing", controlAnnotation))
		}
		for _, r := range p.Spec.Rules {
			out.of[policy.JoinName(p.Metadata.Name, strings.ToLower(r.Name))] = control
		}
	}
	out.err = errors.Join(errs...)
	return out
}

// Label is Reader.Label of a library that is read here.
func Label(builtin []policy.Rule, fsys fs.FS) ([]policy.Rule, error) {
	return NewReader().Label(builtin, fsys)
}

// Label gives the built-in rules with their controls filled in, as the library
// says them; fsys is that of Read. Rules of other libraries stay as they are.
func (r *Reader) Label(builtin []policy.Rule, fsys fs.FS) ([]policy.Rule, error) {
	controls, err := r.library(fsys)
	if err != nil {
		return nil, err
	}
	var out []policy.Rule
	for _, rule := range builtin {
		if c, ok := controls[rule.Name]; ok {
			rule.Controls = []policy.Control{c}
		}
		out = append(out, rule)
	}
	return out, nil
}
