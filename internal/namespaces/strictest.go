package namespaces

import (
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// Reason says why a namespace cannot have a profile of Pod Security Admission: one
// pod that the values let pass and the profile refuses.
type Reason struct {
	Profile   policy.Profile // that refuses
	Control   policy.Control // by which it does
	Exception string         // that allows the pod; empty for an excluded rule
	Text      string         // completes "a pod …"
}

// strictest gives the strictest profile, up to the one that the values want, that
// refuses nothing of what they let pass, and why it is not the next stricter one; nil
// if it is the one that they want.
func (s Standard) strictest(e Entry, want policy.Profile) (policy.Profile, *Reason) {
	var why *Reason
	all := profiles()
	for i := slices.Index(all, want); i > 0; i-- {
		against := s.against(e, want, all[i])
		if against == nil {
			return all[i], why
		}
		why = against
	}
	return Privileged, why
}

// against gives what a profile refuses of what passes where the values want one, or
// nil.
func (s Standard) against(e Entry, want, profile policy.Profile) *Reason {
	for _, t := range s.Tries {
		if !t.Allowed || !slices.Contains(e.Exceptions, t.Exception) {
			continue
		}
		if by := s.Refused(profile, t.Pod); len(by) > 0 {
			return &Reason{Profile: profile, Control: by[0], Exception: t.Exception, Text: t.Text}
		}
	}
	if len(e.Exclude) == 0 {
		return nil
	}
	for _, p := range s.Probes {
		by := s.Refused(profile, p.Pod)
		if len(by) > 0 && s.passesExcluded(e, want, p) {
			return &Reason{Profile: profile, Control: by[0], Text: p.Text}
		}
	}
	return nil
}

// passesExcluded says whether nothing but excluded rules stood against a pod.
func (s Standard) passesExcluded(e Entry, want policy.Profile, p Tried) bool {
	by := s.Refused(want, p.Pod)
	return len(by) > 0 && !slices.ContainsFunc(by, func(c policy.Control) bool {
		return !slices.ContainsFunc(e.Exclude, func(rule string) bool { return slices.Contains(s.Rules[rule], c) })
	})
}
