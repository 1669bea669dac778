package upstream

import (
	"path"

	"github.com/vapchart/vapchart/internal/tree"
)

// Tests gives the YAML files of the tests that a vendored tree keeps beside a
// policy, sorted by path: definitions of the tests and the resources they try.
func Tests(t tree.Tree, policyFile string) []string {
	var out []string
	for _, name := range t.Paths() {
		if isYAML(name) && homeOf(name) == path.Dir(policyFile) && path.Dir(name) != path.Dir(policyFile) {
			out = append(out, name)
		}
	}
	return out
}
