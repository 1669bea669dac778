package tree

import (
	"bytes"
	"maps"
	"slices"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff gives the unified difference from before to after, file by file in path
// order, each file's name behind prefix; empty where they are the same.
func Diff(prefix string, before, after Tree) []byte {
	both := maps.Clone(before)
	maps.Copy(both, after)
	var out bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(both)) {
		a, was := before[name]
		b, is := after[name]
		if was && is && bytes.Equal(a, b) {
			continue
		}
		from, to := "a/"+prefix+name, "b/"+prefix+name
		if !was {
			from = "/dev/null"
		}
		if !is {
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
