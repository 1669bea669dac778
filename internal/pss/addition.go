package pss

import (
	"github.com/vapchart/vapchart/internal/policy"
)

// splitAdditions takes out the rules that enforce nothing of the standard, or
// nothing that another rule does not enforce better. They are somebody's
// additions to it: of no profile, so that they are off until somebody wants
// them.
func (b *versionResults) splitAdditions(rules []rated) (kept []rated, added []policy.Rule, notes []Addition) {
	for i, r := range rules {
		reason := b.needless(r, rules)
		if reason == "" {
			kept = append(kept, rules[i])
			continue
		}
		r.Profile = policy.Other
		added = append(added, r.Rule)
		notes = append(notes, Addition{Rule: r.Name, Reason: reason})
	}
	return kept, added, notes
}

// needless says why a rule is not needed for its profile, or "".
func (b *versionResults) needless(r rated, rules []rated) string {
	if len(r.Controls) == 0 {
		return "refuses nothing that the standard refuses"
	}
	for _, other := range rules {
		if applies(other.Profile, r.Profile) && b.implies(other, r) {
			return other.Name + " refuses all that it refuses, and more"
		}
	}
	return ""
}

// implies tells whether rule a has all controls of rule b, refuses what b
// refuses within each of them, and more in one. Proper subsets only: of two
// equal rules both stay.
func (b *versionResults) implies(wide, narrow rated) bool {
	more := false
	for _, id := range narrow.Controls {
		if !wide.has(id) {
			return false
		}
		for i, refused := range b.alone[id] {
			if !refused || wide.refuses[i] == narrow.refuses[i] {
				continue
			}
			if narrow.refuses[i] {
				return false
			}
			more = true
		}
	}
	return more
}
