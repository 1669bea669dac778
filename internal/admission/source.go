package admission

import (
	"fmt"

	"github.com/vapchart/vapchart/internal/manifest"
)

// Source is where an object was read from. The zero Source is that of an
// object which was not read from a file.
type Source struct {
	Document manifest.Document
	item     string // path of the object in a list, with a dot behind; else empty
}

// Line gives the object's line in its file, 1-based; 0 without a file.
func (s Source) Line() int {
	if s.item == "" {
		return s.Document.Line
	}
	return s.at("").line
}

// String gives `file:line`, or nothing without a file.
func (s Source) String() string {
	if s.Document.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", s.Document.File, s.Line())
}

// at finds a field of the object in its file.
func (s Source) at(path string) place { return locate(s.Document, s.item+path) }

// errorAt gives an error at the line of a field of the object.
func (s Source) errorAt(path, msg string) error {
	return &manifest.Error{File: s.Document.File, Line: s.at(path).line, Msg: msg}
}
