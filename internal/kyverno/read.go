// Package kyverno reads Kyverno's policies into neutral rules: ClusterPolicy
// with validate.cel (kyverno.io/v1, v2beta1) and ValidatingPolicy
// (policies.kyverno.io/v1alpha1, v1beta1, v1). A rule comes out whole or not at
// all: what it says and admission policies cannot say is a *policy.Unsupported
// with a reason, and what is wrong with a file is an error with its line. It
// owns what Kyverno's words mean; making Kubernetes objects is the business of
// package convert.
package kyverno

import (
	"cmp"
	"errors"
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// File is one policy file, as selected: files beside the policies, such as a
// package's metadata, must have been left out.
type File struct {
	Path    string // slash-separated, relative to the root of the source
	Profile policy.Profile
	Data    []byte
}

// Result is what a set of files holds.
type Result struct {
	Rules       []policy.Rule         // sorted by name
	Unsupported []*policy.Unsupported // sorted by path and line
}

// Read reads files, which were taken at pin. Its error joins every fault of
// every file, each with file and line; the Result beside it then holds what
// could be read all the same, for a report of everything, not to build from.
func Read(pin policy.Pin, files []File) (Result, error) {
	r, err := NewReader(pin)
	if err != nil {
		return Result{}, err
	}
	return r.Read(files)
}

// Reader reads sets of files that have files in common, such as versions of one
// library. A file that it has read before it does not read again.
type Reader struct {
	reader *reader
	known  map[fileKey]outcome
}

type fileKey struct {
	path    string
	profile policy.Profile
	data    string
}

// NewReader makes a reader of files that were taken at pin.
func NewReader(pin policy.Pin) (*Reader, error) {
	rd, err := newReader(pin)
	return &Reader{rd, map[fileKey]outcome{}}, err
}

// Read is Read of this package.
func (r *Reader) Read(files []File) (Result, error) {
	var all outcome
	for _, f := range sortedByPath(files) {
		key := fileKey{f.Path, f.Profile, string(f.Data)}
		known, ok := r.known[key]
		if !ok {
			known = r.reader.file(f)
			r.known[key] = known
		}
		all.add(known)
	}
	all.errs = append(all.errs, clashes(all.rules)...)
	slices.SortStableFunc(all.rules, func(a, b policy.Rule) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(all.unsupported, func(a, b *policy.Unsupported) int {
		return cmp.Or(cmp.Compare(a.Origin.Path, b.Origin.Path), cmp.Compare(a.Line, b.Line))
	})
	return Result{all.rules, all.unsupported}, errors.Join(byPlace(all.errs)...)
}

func sortedByPath(files []File) []File {
	return slices.SortedStableFunc(slices.Values(files), func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
}

// outcome is what some files or rules gave.
type outcome struct {
	rules       []policy.Rule
	unsupported []*policy.Unsupported
	errs        []error
}

func (o *outcome) add(more outcome) {
	o.rules = append(o.rules, more.rules...)
	o.unsupported = append(o.unsupported, more.unsupported...)
	o.errs = append(o.errs, more.errs...)
}

// take adds one rule, or what stands against it.
func (o *outcome) take(r *reading, rule policy.Rule) {
	o.errs = append(o.errs, r.errs...)
	switch {
	case r.refusal != nil:
		o.unsupported = append(o.unsupported, r.refusal)
	case len(r.errs) == 0:
		o.rules = append(o.rules, rule)
	}
}
