package pss

import (
	"slices"

	"k8s.io/pod-security-admission/api"
	pspolicy "k8s.io/pod-security-admission/policy"
)

// Breakpoints gives every version of the standard at which some check came or
// changed, the oldest first, as "v1.0". From one to the next the standard stays
// what it is; the last of them is what Latest is.
func Breakpoints() []string {
	var versions []api.Version
	for _, c := range pspolicy.DefaultChecks() {
		for _, r := range c.Versions {
			versions = append(versions, r.MinimumVersion)
		}
	}
	slices.SortFunc(versions, func(a, b api.Version) int {
		switch {
		case a.Older(b):
			return -1
		case b.Older(a):
			return 1
		default:
			return 0
		}
	})
	var out []string
	for _, v := range slices.Compact(versions) {
		out = append(out, v.String())
	}
	return out
}
