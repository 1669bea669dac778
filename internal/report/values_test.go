package report_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	sigsyaml "sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/report"
)

func TestValuesYAML(t *testing.T) {
	common, own := "overlays/common/values.yaml", "overlays/a/values.yaml"
	at := func(file string, line int, value any, path ...string) report.Value {
		return report.Value{Path: path, Value: value, Place: report.Place{Origin: file, Line: line}}
	}
	removed := at(own, 7, nil, "exceptions", "geoip")
	removed.Removed = &report.Place{Origin: common, Line: 4}
	values := report.Values{
		at("chart", 0, "warn", "controllers"),
		removed,
		at(common, 9, []any{map[string]any{"path": "/usr/share/GeoIP", "readOnly": true}, map[string]any{"path": "/usr/share/GeoIPInfo", "readOnly": true}}, "exceptions", "maps", "allow", "hostPaths"),
		at(common, 8, "kept on the node, since a volume with all of it would be larger than any of the nodes' disks", "exceptions", "maps", "reason"),
		at(own, 3, "baseline", "namespaces", "*", "profile"),
		at(own, 4, []any{"geoip", "sys-ptrace"}, "namespaces", "mw-*", "exceptions"),
		at(own, 12, "one\n  two\n\nthree", "text"),
	}
	const want = `controllers: warn                   # chart
exceptions:
  geoip: null                       # removed by overlays/a/values.yaml:7, was in overlays/common/values.yaml:4
  maps:
    allow:
      hostPaths:                    # overlays/common/values.yaml:9
      - {path: /usr/share/GeoIP, readOnly: true}
      - {path: /usr/share/GeoIPInfo, readOnly: true}
    reason: kept on the node, since a volume with all of it would be larger than any of the nodes' disks # overlays/common/values.yaml:8
namespaces:
  '*':
    profile: baseline               # overlays/a/values.yaml:3
  mw-*:
    exceptions: [geoip, sys-ptrace] # overlays/a/values.yaml:4
text: |-                            # overlays/a/values.yaml:12
  one
    two

  three
`
	wantYAML(t, values, nil, want)
	below := values.Below([]string{"namespaces"})
	wantYAML(t, below, []string{"namespaces"}, `'*':
  profile: baseline               # overlays/a/values.yaml:3
mw-*:
  exceptions: [geoip, sys-ptrace] # overlays/a/values.yaml:4
`)
	path := []string{"namespaces", "*", "profile"}
	wantYAML(t, values.Below(path), path, "baseline # overlays/a/values.yaml:3\n")
	path = []string{"exceptions", "maps", "allow", "hostPaths"}
	wantYAML(t, values.Below(path), path, "# overlays/common/values.yaml:9\n"+
		"- {path: /usr/share/GeoIP, readOnly: true}\n- {path: /usr/share/GeoIPInfo, readOnly: true}\n")
	wantYAML(t, report.Values{{Value: map[string]any{}}}, nil, "{}\n")
}

func wantYAML(t *testing.T, values report.Values, below []string, want string) {
	t.Helper()
	var got bytes.Buffer
	if err := values.YAML(&got, below); err != nil || got.String() != want {
		t.Errorf("got\n%s%v\nwant\n%s", got.String(), err, want)
	}
}

func TestValuesJSON(t *testing.T) {
	values := report.Values{
		{Key: "a", Path: []string{"a"}, Value: nil, Place: report.Place{Origin: "b.yaml", Line: 2}, Removed: &report.Place{Origin: "chart"}},
		{Key: "mw-<", Path: []string{"mw-<"}, Value: []any{1.0}, Place: report.Place{Origin: "chart"}},
	}
	var got bytes.Buffer
	if err := values.JSON(&got); err != nil {
		t.Fatal(err)
	}
	const want = `[
  {
    "key": "a",
    "path": [
      "a"
    ],
    "value": null,
    "origin": "b.yaml",
    "line": 2,
    "removed": {
      "origin": "chart"
    }
  },
  {
    "key": "mw-<",
    "path": [
      "mw-<"
    ],
    "value": [
      1
    ],
    "origin": "chart"
  }
]
`
	if got.String() != want {
		t.Errorf("got\n%s", got.String())
	}
	got.Reset()
	if err := (report.Values{{Value: map[string]any{}}}).JSON(&got); err != nil || got.String() != "[]\n" {
		t.Errorf("of no values: %s%v", got.String(), err)
	}
}

// TestValuesYAMLReadsBack writes random values with awkward keys and texts, whole
// and from any key on, and reads them back without the comments.
func TestValuesYAMLReadsBack(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	words := []string{
		"a", "mw-*", "*", "a.b/c", "yes", "null", "~", "1", "0x10", "", " lead", "trail ", "# no comment", "a: b", "a #b", "{x", "[", "- x", "? y",
		"'", `"`, "\t", "é…", "one\ntwo", "one\n\n  two\n", "\n", " a\nb", "a \n", strings.Repeat("long ", 30) + "x", strings.Repeat("k", 140), "<<", "!x", "&x", "%", "@", "`",
	}
	word := func() string { return words[random.IntN(len(words))] }
	var anything func(depth int) any
	anything = func(depth int) any {
		switch n := random.IntN(8); {
		case n == 0:
			return nil
		case n == 1:
			return []any{float64(random.IntN(99)), 1.5, true}[random.IntN(3)]
		case n < 4 || depth == 0:
			return word()
		case n == 4:
			list := make([]any, random.IntN(4))
			for i := range list {
				list[i] = anything(depth - 1)
			}
			return list
		default:
			inner := map[string]any{}
			for range random.IntN(4) {
				inner[word()] = anything(depth - 1)
			}
			return inner
		}
	}
	for i := range 2000 {
		values := map[string]any{word(): anything(3), word(): anything(3)}
		leaves := leavesOf(values, nil)
		below := leaves[random.IntN(len(leaves))].Path
		for _, path := range [][]string{nil, below[:random.IntN(len(below))], below} {
			var want any = values
			for _, key := range path {
				want = want.(map[string]any)[key]
			}
			var text bytes.Buffer
			if err := leaves.Below(path).YAML(&text, path); err != nil {
				t.Fatal(err)
			}
			var got any
			if err := sigsyaml.Unmarshal(text.Bytes(), &got); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("case %d: %v at %q is written\n%s\nand read as %v, %v", i, want, path, text.String(), got, err)
			}
		}
	}
}

func leavesOf(value any, path []string) report.Values {
	inner, ok := value.(map[string]any)
	if !ok || len(inner) == 0 {
		return report.Values{{Path: path, Value: value, Place: report.Place{Origin: "file.yaml", Line: 1}}}
	}
	var keys []string
	for key := range inner {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var out report.Values
	for _, key := range keys {
		out = append(out, leavesOf(inner[key], append(slices.Clone(path), key))...)
	}
	return out
}
