package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/report"
)

// notesOn gives what is assumed in a review, and the errors that a policy lets
// pass in silence.
func notesOn(m checked, r *admission.Review) []string {
	var out []string
	for _, a := range r.Permissions {
		out = append(out, "taken for granted: "+question(a.Access))
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
func (c *checker) unlabelledNote(decisions report.Check) []string {
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

// question gives a question about permissions as a sentence.
func question(a admission.Access) string {
	what := a.Path
	if what == "" {
		what = a.Resource
		if a.Subresource != "" {
			what += "/" + a.Subresource
		}
		if a.Group != "" {
			what += "." + a.Group
		}
		if a.Name != "" {
			what += " " + a.Name
		}
		if a.Namespace != "" {
			what += " in " + a.Namespace
		}
	}
	return fmt.Sprintf("%s may %s %s", who(a.User), a.Verb, what)
}

// who names a user; the one whose name manifests do not tell is whoever applies
// them.
func who(u admission.User) string {
	if u.Name == "unknown" {
		return "who applies this"
	}
	return u.Name
}
