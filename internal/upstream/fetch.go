// Package upstream owns where policies come from: the pin, the fetch from one
// of three sources, the vendored tree and the lock that proves it. Only this
// package fetches from a network. It decides which files are taken and
// that they are what somebody vouched for; it never reads what a policy says,
// beyond its kind and name.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
)

// Options is what Fetch needs beyond what vapchart.yaml says.
type Options struct {
	BaseDir string          // folder of vapchart.yaml; a relative directory source begins here
	Builtin tree.Tree       // the embedded library, for a builtin source
	Known   map[string]Lock // known-good locks by ref, see KnownLocks
}

// Fetched is what was taken from a source.
type Fetched struct {
	Tree  tree.Tree // paths are relative to the root of the source
	Pin   policy.Pin
	Notes []string // for people: what was left out, and what nothing proves
}

// Fetch takes the selected policies from a source: for every policy its file,
// the artifacthub-pkg.yml beside it and upstream's own tests, and the licence
// and notice files on the way there. Digests that the library gives of itself
// are checked, and a ref with a known lock must hold exactly what that says
// (ErrNotKnown). All that is wrong is joined in the error; nothing is written.
func Fetch(ctx context.Context, src project.Upstream, sel project.Select, opt Options) (Fetched, error) {
	o, err := open(ctx, src, opt)
	if err != nil {
		return Fetched{}, prefix("fetch "+nameOf(src), err)
	}
	defer o.close()
	h, err := gather(ctx, o.source, sel)
	if err != nil {
		return Fetched{}, prefix("fetch "+o.pin.Source, err)
	}
	f, err := o.judge(h, sel, opt.Known)
	if err != nil {
		return Fetched{}, prefix("fetch "+o.pin.Source, err)
	}
	return f, nil
}

// judge says whether what was gathered may be taken, and leaves out the
// policies that are not wanted. The known lock is asked about all of it: a
// policy must not escape that check by bearing the name of one left out.
func (o opened) judge(h harvest, sel project.Select, known map[string]Lock) (Fetched, error) {
	policies, err := choose(h, sel, false)
	errs := []error{err}
	notes, err := checkDigests(h)
	errs = append(errs, err)
	if o.foreign {
		errs = append(errs, needLicence(h.files))
	} else {
		notes = nil
	}
	v, err := compare(known, o.pin, sel, h.files)
	if err := errors.Join(append(errs, err)...); err != nil {
		return Fetched{}, err
	}
	pin := o.pin
	if pin.Commit == "" {
		pin.Commit = v.commit
	}
	notes = append(append(h.notes, notes...), v.notes...)
	return Fetched{Tree: keep(h, policies), Pin: pin, Notes: notes}, nil
}

// keep gives the files of the chosen policies, what lies beside them, and every
// licence.
func keep(h harvest, chosen []Policy) tree.Tree {
	paths, homes := map[string]bool{}, map[string]bool{}
	for _, p := range chosen {
		paths[p.Path] = true
		homes[path.Dir(p.Path)] = true
	}
	out := maps.Clone(h.files)
	maps.DeleteFunc(out, func(name string, _ []byte) bool {
		if _, isPolicy := h.policies[name]; isPolicy {
			return !paths[name]
		}
		return !isLegal(path.Base(name)) && !homes[homeOf(name)]
	})
	return out
}

// prefix puts the same words before each of the errors that are joined in err,
// so that every line can be read alone.
func prefix(words string, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%s: %w", words, err)
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, prefix(words, e))
	}
	return errors.Join(out...)
}
