package exception

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// controlAnnotation names the control on a built-in policy.
const controlAnnotation = "vapchart.dev/control"

// readLibrary gives the control of each built-in rule, by the rule's joined
// name. It reads no more of the policies than that.
func readLibrary(fsys fs.FS) (map[string]policy.Control, error) {
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
		errs = append(errs, readPolicy(fsys, name, out))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read exceptions: %w", err)
	}
	return out, errors.Join(errs...)
}

func readPolicy(fsys fs.FS, name string, into map[string]policy.Control) error {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return fmt.Errorf("read exceptions: %w", err)
	}
	docs, err := manifest.Split(name, data)
	if err != nil {
		return err
	}
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
			into[policy.JoinName(p.Metadata.Name, strings.ToLower(r.Name))] = control
		}
	}
	return errors.Join(errs...)
}

// Label gives the built-in rules with their controls filled in, as the library
// says them; fsys is that of Read. Rules of other libraries stay as they are.
func Label(builtin []policy.Rule, fsys fs.FS) ([]policy.Rule, error) {
	controls, err := readLibrary(fsys)
	if err != nil {
		return nil, err
	}
	var out []policy.Rule
	for _, r := range builtin {
		if c, ok := controls[r.Name]; ok {
			r.Controls = []policy.Control{c}
		}
		out = append(out, r)
	}
	return out, nil
}
