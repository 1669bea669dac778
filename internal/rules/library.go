package rules

import (
	"fmt"
	"io/fs"
	"path"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/kyverno"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/upstream"
	"github.com/vapchart/vapchart/policies"
)

// Library is what a run reads, compiles and judges once, however many versions of
// the policies it is about. One goroutine at a time may assess by it; the checker is
// for all.
type Library struct {
	editions  []Version          // the built-in library by each version of the standard, the oldest first
	Checker   *admission.Checker // knows what has compiled
	known     *pss.Known         // what has been judged
	evaluator evaluator
}

// NewLibrary reads the built-in library by every version of the standard that
// changes something. A file that several versions have is read once. Its CEL is
// compiled where it is used, see compile.
func NewLibrary() (*Library, error) {
	all, err := policies.Read()
	if err != nil {
		return nil, err
	}
	rules, err := kyverno.NewReader(upstream.PinOf(project.Upstream{Builtin: &project.Builtin{}}))
	if err != nil {
		return nil, err
	}
	out := &Library{Checker: admission.NewChecker(), known: pss.NewKnown(), evaluator: newEvaluator()}
	exceptions := exception.NewReader()
	for _, version := range pss.Breakpoints() {
		e, err := readEdition(version, all, rules, exceptions)
		if err != nil {
			return nil, err
		}
		out.editions = append(out.editions, e)
	}
	return out, nil
}

func readEdition(version string, all policies.Library, rules *kyverno.Reader, exceptions *exception.Reader) (Version, error) {
	out := Version{version: version}
	at, err := all.At(version)
	if err != nil {
		return out, err
	}
	files, err := policyFiles(at)
	if err != nil {
		return out, err
	}
	read, err := rules.Read(files)
	if err != nil {
		return out, err
	}
	for _, u := range read.Unsupported {
		return out, fmt.Errorf("read built-in library: %w", u)
	}
	if out.builtin, err = exceptions.Label(read.Rules, at); err != nil {
		return out, err
	}
	out.comps, err = exceptions.Read(at)
	return out, err
}

// policyFiles gives the policies of the built-in library: every YAML file in the
// folders that are selected by default.
func policyFiles(lib fs.FS) ([]kyverno.File, error) {
	selected := project.DefaultSelect()
	var out []kyverno.File
	err := fs.WalkDir(lib, ".", func(name string, d fs.DirEntry, err error) error {
		profile, in := selected.Profile(name)
		if err != nil || d.IsDir() || !in || path.Ext(name) != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(lib, name)
		out = append(out, kyverno.File{Path: name, Profile: profile, Data: data})
		return err
	})
	return out, err
}
