package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/admission"
)

// notesOn gives what is assumed in a review, and the errors that a policy lets
// pass in silence.
func notesOn(m Object, r *admission.Review) []string {
	var out []string
	for _, a := range r.Permissions {
		out = append(out, "taken for granted: "+admission.Sentence(a.Access))
	}
	for _, e := range r.Evaluations {
		for _, f := range e.Failures {
			if f.Broken && len(f.Actions) == 0 {
				out = append(out, fmt.Sprintf("%s:%d: %s could not be evaluated, which its failurePolicy Ignore lets pass: %s",
					m.file, m.line, f.Policy, f.Message))
			}
		}
	}
	return out
}

// unlabelledNote names the namespaces that are judged without their labels,
// where these matter.
func (c *checker) unlabelledNote(decisions Result) []string {
	var names []string
	for _, d := range decisions {
		if c.unlabelled(d.Namespace) {
			names = append(names, d.Namespace)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []string{"labels decide, and these namespaces are not among the manifests, so they are taken to have none: " +
		strings.Join(slices.Compact(names), ", ")}
}
