package probe

import "slices"

// Outcome is what came of offering a pod.
type Outcome string

// The outcomes. Open, Closed and Other are differences, and so is Hidden where
// the values admit the pod.
const (
	Enforced Outcome = "enforced" // refused, by a policy of the control that the pod tries
	Covered  Outcome = "covered"  // refused as it should be, but another policy than one of the control spoke first
	Warned   Outcome = "warned"   // admitted, with the warnings that the values ask for
	Allowed  Outcome = "allowed"  // admitted in silence, as it should be
	Hidden   Outcome = "hidden"   // Pod Security Admission refuses it before any policy is asked
	Open     Outcome = "open"     // the values refuse it or warn, the cluster admits it or is silent
	Closed   Outcome = "closed"   // the values admit it or are silent, the cluster refuses it or warns
	Other    Outcome = "other"    // refused or warned about by another policy than the values say
	Unknown  Outcome = "unknown"  // something else refuses it, so nothing is learned
)

// compare fills in what an answer means.
func (s Survey) compare(c *Cell) {
	c.Outcome = s.outcome(c)
	c.Difference = slices.Contains([]Outcome{Open, Closed, Other}, c.Outcome) ||
		c.Outcome == Hidden && len(c.Expected.Denials) == 0
}

func (s Survey) outcome(c *Cell) Outcome {
	switch c.Got.Verdict {
	case PodSecurity:
		return Hidden
	case Denied:
		return s.denied(c)
	case Admitted:
		return s.admitted(c)
	default:
		return Unknown
	}
}

// denied compares a denial by a policy. One that does not belong to the release
// is somebody else's, and hides what the release would have said.
func (s Survey) denied(c *Cell) Outcome {
	by := c.Got.Denial.Policy
	switch {
	case says(c.Expected.Denials, by) && c.Control != "" && !slices.Contains(s.Controls(by), c.Control):
		return Covered
	case says(c.Expected.Denials, by):
		return Enforced
	case !s.Ours(by):
		c.Got.Words = "policy " + by + ", which is not of this release, refuses it: " + c.Got.Denial.Message
		return Unknown
	case len(c.Expected.Denials) > 0 && s.Former(by):
		return Covered
	case len(c.Expected.Denials) > 0:
		return Other
	}
	return Closed
}

// admitted compares what was said about a pod that was admitted. Messages are
// not compared: the cluster cuts long ones short.
func (s Survey) admitted(c *Cell) Outcome {
	var got, want []string
	for _, w := range c.Got.Warnings {
		if s.Ours(w.Policy) {
			got = append(got, w.Policy)
		}
	}
	for _, w := range c.Expected.Warnings {
		want = append(want, w.Policy)
	}
	missing := slices.ContainsFunc(want, func(p string) bool { return !slices.Contains(got, p) })
	added := slices.ContainsFunc(got, func(p string) bool { return !slices.Contains(want, p) })
	switch {
	case len(c.Expected.Denials) > 0:
		return Open
	case missing && added:
		return Other
	case missing:
		return Open
	case added:
		return Closed
	case len(want) > 0:
		return Warned
	}
	return Allowed
}

func says(list []Said, policy string) bool {
	return slices.ContainsFunc(list, func(s Said) bool { return s.Policy == policy })
}
