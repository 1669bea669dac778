package config

import (
	"strconv"
	"strings"
)

// minor gives 33 for "1.33".
func minor(version string) (int, bool) {
	rest, ok := strings.CutPrefix(version, "1.")
	n, err := strconv.Atoi(rest)
	return n, ok && err == nil
}

// Newer says whether one minor version of Kubernetes, such as "1.33", is later
// than another. One that is none is not.
func Newer(a, b string) bool {
	this, ok := minor(a)
	that, too := minor(b)
	return ok && too && this > that
}

// Next gives the minor version after one.
func Next(version string) string {
	n, _ := minor(version)
	return "1." + strconv.Itoa(n+1)
}
