package tree

import (
	"bytes"
	"maps"
	"slices"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff gives the unified difference from old to new, file by file in path
// order, each file's name behind prefix; empty where they are the same.
func Diff(prefix string, old, new Tree) []byte {
	both := maps.Clone(old)
	maps.Copy(both, new)
	var out bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(both)) {
		a, inOld := old[name]
		b, inNew := new[name]
		if inOld && inNew && bytes.Equal(a, b) {
			continue
		}
		from, to := "a/"+prefix+name, "b/"+prefix+name
		if !inOld {
			from = "/dev/null"
		}
		if !inNew {
			to = "/dev/null"
		}
		if len(a) == 0 && len(b) == 0 { // an empty file came or went: no lines to show
			out.WriteString("--- " + from + "\n+++ " + to + "\n")
			continue
		}
		out.Write(diff.Diff(from, a, to, b))
	}
	return out.Bytes()
}
