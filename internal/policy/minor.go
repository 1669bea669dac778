package policy

import (
	"strconv"
	"strings"
)

// MinorOf gives the 24 of v1.24, and for no version more than any has.
func MinorOf(version string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(version, "v1."))
	if err != nil {
		return 1 << 30
	}
	return n
}

// Minor gives 33 for "1.33".
func Minor(version string) (int, bool) {
	rest, ok := strings.CutPrefix(version, "1.")
	n, err := strconv.Atoi(rest)
	return n, ok && err == nil
}

// Newer says whether one minor version of Kubernetes, such as "1.33", is later
// than another. One that is none is not.
func Newer(a, b string) bool {
	this, ok := Minor(a)
	that, too := Minor(b)
	return ok && too && this > that
}

// Next gives the minor version after one.
func Next(version string) string {
	n, _ := Minor(version)
	return "1." + strconv.Itoa(n+1)
}
