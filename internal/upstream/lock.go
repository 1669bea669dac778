package upstream

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// The type that a lock file declares itself to be.
const (
	APIVersion = "vapchart.dev/v1alpha1"
	Kind       = "Lock"
)

// Lock says which state of a source was taken and what every file of it holds.
// It is a set of facts and can be committed where the files cannot.
type Lock struct {
	APIVersion string            `json:"apiVersion" yaml:"apiVersion"`
	Kind       string            `json:"kind" yaml:"kind"`
	Source     string            `json:"source" yaml:"source"` // see policy.Pin
	Ref        string            `json:"ref,omitempty" yaml:"ref"`
	Commit     string            `json:"commit,omitempty" yaml:"commit"`
	Digest     string            `json:"digest" yaml:"digest"` // of the whole tree, h1:
	Files      map[string]string `json:"files" yaml:"files"`   // path to sha256 in hex
}

// NewLock gives the lock of what was fetched.
func NewLock(f Fetched) (Lock, error) {
	digest, err := f.Tree.Digest()
	if err != nil {
		return Lock{}, fmt.Errorf("make lock: %w", err)
	}
	l := Lock{
		APIVersion: APIVersion, Kind: Kind,
		Source: f.Pin.Source, Ref: f.Pin.Ref, Commit: f.Pin.Commit,
		Digest: digest, Files: map[string]string{},
	}
	for name, data := range f.Tree {
		l.Files[name] = sum(data)
	}
	return l, nil
}

// Pin gives the state of the source that the lock stands for.
func (l Lock) Pin() policy.Pin {
	return policy.Pin{Source: l.Source, Ref: l.Ref, Commit: l.Commit}
}

// Encode gives the lock file. The same lock always gives the same bytes.
func (l Lock) Encode() ([]byte, error) {
	body, err := manifest.Encode(l)
	if err != nil {
		return nil, fmt.Errorf("encode lock: %w", err)
	}
	const header = "# What vapchart vendor took and what it holds. Written by the tool; do not edit.\n"
	return append([]byte(header), body...), nil
}

// ParseLock reads a lock file; name is used in errors only. The error joins all
// that is wrong with its shape, each with its line. Whether its digests agree
// with each other and with a tree is for Verify to say.
func ParseLock(name string, data []byte) (Lock, error) {
	doc, err := manifest.One(name, data)
	if err != nil {
		return Lock{}, prefix("read lock", err)
	}
	var l Lock
	if err := doc.Decode(&l); err != nil {
		return Lock{}, prefix("read lock", err)
	}
	c := lockChecker{doc: doc}
	c.check(l)
	if err := errors.Join(c.errs...); err != nil {
		return Lock{}, prefix("read lock", err)
	}
	return l, nil
}

// lockChecker collects everything that is wrong with one lock file.
type lockChecker struct {
	doc  manifest.Document
	errs []error
}

func (c *lockChecker) check(l Lock) {
	c.want(l.APIVersion == APIVersion && l.Kind == Kind, []any{"apiVersion"},
		"apiVersion and kind are %q and %q, want %s and %s", l.APIVersion, l.Kind, APIVersion, Kind)
	c.want(l.Source != "", []any{"source"}, "source is missing")
	c.want(l.Commit == "" || isHash(l.Commit), []any{"commit"},
		"commit is %q, want 40 hex digits", l.Commit)
	c.want(isDigest(l.Digest), []any{"digest"}, "digest is %q, want h1: and a sha256 in base64", l.Digest)
	c.want(len(l.Files) > 0, []any{"files"}, "files is empty")
	for _, name := range slices.Sorted(maps.Keys(l.Files)) {
		at := []any{"files", name}
		c.want(tree.CheckPath(name) == nil, at, "files: %q is not a plain relative path", name)
		c.want(isHex(l.Files[name], sha256.Size), at,
			"files: the digest of %q is %q, want a sha256 in hex", name, l.Files[name])
	}
}

func (c *lockChecker) want(ok bool, at []any, format string, args ...any) {
	if !ok {
		c.errs = append(c.errs, &manifest.Error{File: c.doc.File, Line: c.doc.LineOf(at...),
			Msg: fmt.Sprintf(format, args...)})
	}
}

func isDigest(s string) bool {
	const scheme = "h1:"
	if len(s) < len(scheme) || s[:len(scheme)] != scheme {
		return false
	}
	b, err := base64.StdEncoding.Strict().DecodeString(s[len(scheme):])
	return err == nil && len(b) == sha256.Size
}
