package cluster

import (
	"errors"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/tree"
)

// CheckRendered renders the chart and checks the objects.
func CheckRendered(checker *admission.Checker, made tree.Tree, values map[string]any, kubernetes string, versions []string) error {
	objs, err := Render(made, values, kubernetes)
	if err != nil {
		return err
	}
	return Check(checker, objs, versions)
}

// Check holds every object to the API's limits, and to the compilers of
// the API servers of the given versions.
func Check(checker *admission.Checker, objs *admission.Objects, versions []string) error {
	found, err := checker.Check(objs, versions)
	errs := []error{err}
	for _, f := range found {
		errs = append(errs, f)
	}
	return errors.Join(errs...)
}
