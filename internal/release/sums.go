package release

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/vapchart/vapchart/internal/tree"
)

// addSums adds SHA256SUMS, which lists every file that is in the bundle by then.
// It is in the form that `sha256sum -c` reads.
func addSums(out tree.Tree, _ Input) error {
	var text bytes.Buffer
	for _, name := range out.Paths() {
		fmt.Fprintf(&text, "%s  %s\n", sum(out[name]), name)
	}
	return out.Add(SumsFile, text.Bytes())
}

// parseSums reads SHA256SUMS: path to sha256 in hex. It takes the one form that
// addSums writes, lines sorted by path.
func parseSums(data []byte) (map[string]string, error) {
	form := regexp.MustCompile(`^([0-9a-f]{64})  (.+)\n$`)
	out := map[string]string{}
	var order []string
	n := 0
	for line := range bytes.Lines(data) {
		n++
		m := form.FindSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%s:%d: it is not a digest and a path", SumsFile, n)
		}
		name := string(m[2])
		if err := tree.CheckPath(name); err != nil {
			return nil, fmt.Errorf("%s:%d: %q is not a plain relative path", SumsFile, n, name)
		}
		out[name], order = string(m[1]), append(order, name)
	}
	if len(order) == 0 {
		return nil, errors.New(SumsFile + ": it is empty")
	}
	if !slices.Equal(order, slices.Sorted(maps.Keys(out))) {
		return nil, errors.New(SumsFile + ": its lines are not sorted by path, each once")
	}
	return out, nil
}

// checkSums compares every file of a bundle with SHA256SUMS; besides what is
// listed there may be the list itself and the extra files.
func checkSums(bundle tree.Tree, sums map[string]string, extra []string) []error {
	all := maps.Clone(sums)
	for name := range bundle {
		all[name] = "" // only its key counts
	}
	var out []error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		data, there := bundle[name]
		want, listed := sums[name]
		switch got := sum(data); {
		case !there:
			out = append(out, fmt.Errorf("%s: it is missing", name))
		case !listed && (name == SumsFile || slices.Contains(extra, name)):
		case !listed:
			out = append(out, fmt.Errorf("%s: it is not in %s", name, SumsFile))
		case got != want:
			out = append(out, fmt.Errorf("%s: its sha256 is %s, %s says %s", name, got, SumsFile, want))
		}
	}
	return out
}
