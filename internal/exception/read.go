package exception

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

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

// Read reads the compensations of a library at one version of the standard: the
// files in Folder, held against the built-in rules beside it. They are sorted by
// rule. The error joins all that is wrong, each an *manifest.Error: in a file, or
// between the files and the keys, such as a key that leaves a rule of its control
// without compensation. Controls that the library has no rule for are none of
// its version.
func Read(fsys fs.FS) ([]Compensation, error) {
	rules, err := readLibrary(fsys)
	errs := []error{err}
	names, err := fs.Glob(fsys, path.Join(Folder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("read exceptions: %w", err)
	}
	var all []source
	for _, name := range names {
		s, err := readFile(fsys, name)
		if err == nil {
			s.Control = rules[s.Rule]
			err = s.check(rules)
		}
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

func readFile(fsys fs.FS, name string) (source, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return source{}, fmt.Errorf("read exceptions: %w", err)
	}
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
