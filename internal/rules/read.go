// Package rules owns one version of the policies: vendored, verified by its lock,
// read, converted, compiled, and compared with the Pod Security Standards at every
// version of these.
//
// It takes a project. Project is what chart and reports are made from, Coverage says
// which rule enforces each control. A rule that cannot be native, CEL that does not
// compile and a vendored file that its lock does not have are errors with file and line.
// A control that is not enforced is one too, by GapsIn, and marked term.Finding.
package rules

import (
	"errors"
	"fmt"

	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/kyverno"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/upstream"
)

// readVendored gives the vendored tree and its lock if the one is what the other
// says; a difference is a finding.
func readVendored(p *project.Project) (tree.Tree, upstream.Lock, error) {
	vendored, lock, err := upstream.Check(p.Path(project.UpstreamDir), p.Path(project.LockFile))
	if errors.Is(err, upstream.ErrDrift) {
		err = term.Finding(err)
	}
	return vendored, lock, err
}

// verifyVendored gives the vendored tree if it is what its lock says and if the
// lock is for the source that vapchart.yaml names.
func verifyVendored(p *project.Project, plan project.Plan) (tree.Tree, policy.Pin, error) {
	vendored, lock, err := readVendored(p)
	if err != nil {
		return nil, policy.Pin{}, err
	}
	want, pin := upstream.PinOf(plan.Upstream), lock.Pin()
	if want.Source != pin.Source || want.Ref != pin.Ref {
		return nil, policy.Pin{}, policy.WithHint(fmt.Errorf("read lock: %s is of %s, %s names %s",
			p.Path(project.LockFile), pin, project.File, want), "run `vapchart vendor`")
	}
	return vendored, pin, nil
}

// readRules reads and converts a library. What cannot be native is an error
// unless it is to be left out.
func readRules(lib tree.Tree, pin policy.Pin, sel project.Select, skip bool) (Set, error) {
	chosen, err := upstream.Policies(lib, sel)
	if err != nil {
		return Set{}, err
	}
	var files []kyverno.File
	for _, c := range chosen {
		files = append(files, kyverno.File{Path: c.Path, Profile: c.Profile, Data: c.Data})
	}
	read, err := kyverno.Read(pin, files)
	out := Set{LeftOut: read.Unsupported}
	errs := []error{err}
	for _, r := range read.Rules {
		o, err := convert.Rule(r)
		var u *policy.Unsupported
		switch {
		case errors.As(err, &u):
			out.LeftOut = append(out.LeftOut, u)
		case err != nil:
			errs = append(errs, err)
		default:
			out.Converted = append(out.Converted, o)
		}
	}
	if !skip {
		for _, u := range out.LeftOut {
			errs = append(errs, policy.WithHint(u, "leave such rules out with --skip-unsupported, or deselect them in "+project.File))
		}
	}
	return out, errors.Join(errs...)
}
