package release

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// same compares the bundle with what its sources give and tells the first
// difference: that of the chart's files before that of its archive. What another
// version of the tool made need not have its words and its modules, but the same
// facts, chart, overlays and objects; which files differ by that is given back.
func (p Proof) same(r Record, made Rebuilt) ([]NotRebuilt, error) {
	again, err := ParseRecord(RecordFile, made.Bundle[RecordFile])
	if err != nil {
		return nil, err
	}
	own := r.Tool == again.Tool
	hint := "the bundle does not come from its sources, or another build of vapchart made it than this one"
	skip := derived()
	if !own {
		hint = fmt.Sprintf("vapchart %s made the release, this is %s: take that version to see whether it is the release or the tool", r.Tool.Version, again.Tool.Version)
		skip = append(skip, words()...)
	}
	tell := func(what string, diff []byte) error {
		return policy.WithHint(finding("%s: it is not what its sources give:\n%s", what, head(diff)), hint)
	}
	if name, diff := first(made.Unpacked, made.Chart); name != "" {
		return nil, tell(ChartFile(r.Chart, r.Version)+"/"+name, diff)
	}
	there, want := listed(p.Bundle, r.Chart, r.Version), listed(made.Bundle, r.Chart, r.Version)
	for _, name := range skip {
		delete(there, name)
		delete(want, name)
	}
	if name, diff := first(there, want); name != "" {
		return nil, tell(name, diff)
	}
	if !reflect.DeepEqual(r.Facts, again.Facts) {
		return nil, policy.WithHint(finding("%s: its facts are not those of its sources: %+v, not %+v", RecordFile, r.Facts, again.Facts), hint)
	}
	// The files of skip are compared last, since the derived ones differ with any other.
	var differ []string
	for _, name := range skip {
		if bytes.Equal(p.Bundle[name], made.Bundle[name]) {
			continue
		}
		if own {
			return nil, tell(name, tree.Diff("", tree.Tree{name: p.Bundle[name]}, tree.Tree{name: made.Bundle[name]}))
		}
		if p.Bundle[name] == nil || made.Bundle[name] == nil {
			return nil, policy.WithHint(finding("%s: it is there only in the bundle, or only in what its sources give", name), hint)
		}
		if name != SumsFile { // every line of which was held against a file
			differ = append(differ, name)
		}
	}
	return notRebuilt(r, again, differ), nil
}

// notRebuilt says which files nobody made again: those that differ by the tool, and
// what is told of the release before, which is not in the bundle.
func notRebuilt(r, again Record, differ []string) []NotRebuilt {
	var out []NotRebuilt
	if len(differ) > 0 {
		slices.Sort(differ)
		out = append(out, NotRebuilt{differ, fmt.Sprintf("vapchart %s is said to have written them, this is %s", r.Tool.Version, again.Tool.Version)})
	}
	if r.Previous != "" && !slices.Contains(differ, VerdictsFile) {
		out = append(out, NotRebuilt{[]string{VerdictsFile}, "it needs the bundle of " + r.Previous})
	}
	return out
}

// derived are the files that tell of all others, and so differ with any of them.
func derived() []string { return []string{SBOMFile, StatementFile, RecordFile, SumsFile} }

// words are the files that are text of the tool's own, in its version's words.
func words() []string {
	return []string{ReadmeFile, path.Join(StaticDir, ReadmeFile), ScriptFile, VerdictsFile}
}

// first gives the first file, by path, in which two trees differ, and how.
func first(there, made tree.Tree) (string, []byte) {
	all := maps.Clone(there)
	maps.Copy(all, made)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		a, was := there[name]
		b, is := made[name]
		if was == is && bytes.Equal(a, b) {
			continue
		}
		one := func(data []byte, ok bool) tree.Tree {
			if !ok {
				return tree.Tree{}
			}
			return tree.Tree{name: data}
		}
		return name, tree.Diff("", one(a, was), one(b, is))
	}
	return "", nil
}

// head gives the beginning of a difference; one of an archive says nothing.
func head(diff []byte) string {
	const most = 20
	if bytes.ContainsRune(diff, 0) {
		return "  binary files differ"
	}
	lines := strings.Split(strings.TrimRight(string(diff), "\n"), "\n")
	if len(lines) > most {
		lines = append(lines[:most], "…")
	}
	return strings.Join(lines, "\n")
}
