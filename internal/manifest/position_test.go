package manifest_test

import (
	"testing"

	"github.com/vapchart/vapchart/internal/manifest"
)

// TestKeyLine wants the line of a key wherever it is written, under the name that
// Kubernetes' dialect of YAML gives it.
func TestKeyLine(t *testing.T) {
	const text = `# a comment
base: &base
  inner:
    x: 1
  other: 2
copy: *base
joined:
  <<: [*base, {far: 3}]
  other: 4
list:
- a
- b: 1
  c: 2
yes: 5
0x10: 6
"0x20": 7
"mw-*": {profile: baseline}
`
	doc, err := manifest.One("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path []any
		want int
	}{
		{[]any{"base"}, 2}, {[]any{"base", "inner", "x"}, 4},
		{[]any{"copy"}, 6}, {[]any{"copy", "other"}, 5},
		{[]any{"joined", "other"}, 9}, {[]any{"joined", "inner", "x"}, 4}, {[]any{"joined", "far"}, 8},
		{[]any{"list"}, 10}, {[]any{"list", 1, "c"}, 13}, {[]any{"list", 7}, 10},
		{[]any{"true"}, 14}, {[]any{"16"}, 15}, {[]any{"0x20"}, 16}, {[]any{"0x10"}, 2},
		{[]any{"mw-*", "profile"}, 17}, {[]any{"nowhere", "x"}, 2}, {[]any{"base", "other", "deeper"}, 5},
	} {
		if got := doc.KeyLine(c.path...); got != c.want {
			t.Errorf("%v is on line %d, want %d", c.path, got, c.want)
		}
	}
}
