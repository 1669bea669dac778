package exception

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// file is a compensation as it is written.
type file struct {
	Rule      string   `yaml:"rule"`
	Allows    []string `yaml:"allows"`
	Since     string   `yaml:"since"`
	Variables []struct {
		Name       string `yaml:"name"`
		Expression string `yaml:"expression"`
	} `yaml:"variables"`
	Validations []struct {
		Expression        string `yaml:"expression"`
		Message           string `yaml:"message"`
		MessageExpression string `yaml:"messageExpression"`
	} `yaml:"validations"`
}

// source is a compensation with the document it was read from.
type source struct {
	Compensation
	doc manifest.Document
}

// Read is Reader.Read of a library that is read here.
func Read(fsys fs.FS) ([]Compensation, error) { return NewReader().Read(fsys) }

// Read reads the compensations of a library at one version of the standard: the
// files in Folder, held against the built-in rules beside it. They are sorted by
// rule. The error joins all that is wrong, each an *manifest.Error: in a file, or
// between the files and the keys, such as a key that leaves a rule of its control
// without compensation. Controls that the library has no rule for are none of
// its version.
func (r *Reader) Read(fsys fs.FS) ([]Compensation, error) {
	rules, err := r.library(fsys)
	errs := []error{err}
	names, err := fs.Glob(fsys, path.Join(Folder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("read exceptions: %w", err)
	}
	var all []source
	for _, name := range names {
		s, err := r.file(fsys, name, rules)
		all, errs = append(all, s), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := errors.Join(sameVariables(all), covered(all, rules)); err != nil {
		return nil, err
	}
	var out []Compensation
	for _, s := range all {
		out = append(out, s.Compensation)
	}
	return out, nil
}

// file gives the compensation of a file. Of the rules only that of the file's name
// decides what is wrong with it, so this and the text are the key.
func (r *Reader) file(fsys fs.FS, name string, rules map[string]policy.Control) (source, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return source{}, fmt.Errorf("read exceptions: %w", err)
	}
	control, ok := rules[strings.TrimSuffix(path.Base(name), ".yaml")]
	key := fileKey{name, string(data), fmt.Sprint(control, ok)}
	known, read := r.checked[key]
	if read {
		return known, nil
	}
	s, err := parseFile(name, data)
	if err == nil {
		s.Control = rules[s.Rule]
		err = s.check(rules)
	}
	if err == nil { // a file of another name than its rule is an error
		r.checked[key] = s
	}
	return s, err
}

func parseFile(name string, data []byte) (source, error) {
	doc, err := manifest.One(name, data)
	if err != nil {
		return source{}, err
	}
	var f file
	if err := doc.Decode(&f); err != nil {
		return source{}, err
	}
	return source{f.compensation(doc), doc}, nil
}

// compensation keeps the line of every expression, and puts the keys in order.
func (f file) compensation(doc manifest.Document) Compensation {
	out := Compensation{Rule: f.Rule, Allows: inOrder(f.Allows), Since: f.Since}
	for i, v := range f.Variables {
		out.Variables = append(out.Variables, policy.Variable{
			Name:       v.Name,
			Expression: policy.Expression{CEL: v.Expression, Line: doc.LineOf("variables", i, "expression")},
		})
	}
	for i, v := range f.Validations {
		at := func(field string) int { return doc.LineOf("validations", i, field) }
		out.Validations = append(out.Validations, policy.Validation{
			Expression:        policy.Expression{CEL: v.Expression, Line: at("expression")},
			Message:           v.Message,
			MessageExpression: policy.Expression{CEL: v.MessageExpression, Line: at("messageExpression")},
		})
	}
	return out
}

// inOrder sorts names of keys as Keys gives them; unknown ones come first, and
// none is dropped.
func inOrder(names []string) []string {
	keys := Keys()
	place := func(name string) int { return slices.IndexFunc(keys, func(k Key) bool { return k.Name == name }) }
	out := slices.Clone(names)
	slices.SortStableFunc(out, func(a, b string) int { return place(a) - place(b) })
	return out
}
