package policy

import (
	"slices"
	"strings"
)

// JoinName gives the name of the admission policy for one rule of a policy:
// both names joined by a dash, the words that end the one and begin the other
// written once (`disallow-host-path` + `host-path` = `disallow-host-path`). The
// scheme is in use as label keys on real namespaces, so it must never change.
func JoinName(policy, rule string) string {
	if rule == "" {
		return policy
	}
	p, r := strings.Split(policy, "-"), strings.Split(rule, "-")
	for n := min(len(p), len(r)); n > 0; n-- {
		if slices.Equal(p[len(p)-n:], r[:n]) {
			return strings.Join(append(p, r[n:]...), "-")
		}
	}
	return policy + "-" + rule
}
