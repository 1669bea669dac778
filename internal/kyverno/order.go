package kyverno

import (
	"cmp"
	"errors"
	"slices"

	"github.com/vapchart/vapchart/internal/manifest"
)

// byPlace takes joined errors apart and sorts them by file and line.
func byPlace(errs []error) []error {
	var out []error
	for _, err := range errs {
		out = append(out, flatten(err)...)
	}
	slices.SortStableFunc(out, func(a, b error) int {
		p, q := place(a), place(b)
		return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line))
	})
	return out
}

func flatten(err error) []error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, flatten(e)...)
	}
	return out
}

// place gives the file and line of an error of this package.
func place(err error) manifest.Error {
	var at *manifest.Error
	if errors.As(err, &at) {
		return *at
	}
	return manifest.Error{}
}
