package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/report"
)

// notes gives what is assumed in the verdicts, and the errors that a policy
// lets pass in silence.
func (c *checker) notes(decisions report.Check, verdicts []verdict) []string {
	var unlabelled, out []string
	for i, v := range verdicts {
		if c.unlabelled(decisions[i].Namespace) {
			unlabelled = append(unlabelled, decisions[i].Namespace)
		}
		for _, r := range []*admission.Review{v.object, v.pods} {
			if r == nil {
				continue
			}
			for _, a := range r.Answers {
				out = append(out, "taken for granted: "+question(a.Access))
			}
			for _, f := range ignored(r) {
				out = append(out, fmt.Sprintf("%s:%d: %s could not be evaluated, which its failurePolicy Ignore lets pass: %s",
					decisions[i].File, decisions[i].Line, f.Policy, f.Message))
			}
		}
	}
	if len(unlabelled) > 0 {
		slices.Sort(unlabelled)
		out = append(out, "labels decide, and these namespaces are not among the manifests, so they are taken to have none: "+
			strings.Join(slices.Compact(unlabelled), ", "))
	}
	slices.Sort(out)
	return slices.Compact(out)
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

// ignored gives the errors about which nothing is done.
func ignored(r *admission.Review) []admission.Failure {
	var out []admission.Failure
	for _, e := range r.Evaluations {
		for _, f := range e.Failures {
			if f.Broken && len(f.Actions) == 0 {
				out = append(out, f)
			}
		}
	}
	return out
}
