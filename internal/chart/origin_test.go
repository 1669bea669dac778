package chart_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/tree"
)

// traced writes leaves one a line: path, value, where from, what a null removes.
func traced(leaves []chart.Leaf) string {
	var out strings.Builder
	for _, l := range leaves {
		path := make([]any, len(l.Path))
		for i, key := range l.Path {
			path[i] = key
		}
		fmt.Fprintf(&out, "%s=%v %d:%d", chart.PathText(path), l.Value, l.Origin.Layer, l.Origin.Line)
		if l.Removed != nil {
			fmt.Fprintf(&out, " removes %d:%d", l.Removed.Layer, l.Removed.Line)
		}
		out.WriteString("\n")
	}
	return out.String()
}

func TestTrace(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		from  int
		want  string
	}{
		"nothing": {[]string{"# empty\n", ""}, 0, "=map[] -1:0\n"},
		"each key from the last file with it": {
			[]string{"a: {b: 1, c: 2}\n", "\na:\n  # more\n  c: 3\n  d: 4\n"}, 0, "a.b=1 0:1\na.c=3 1:4\na.d=4 1:5\n",
		},
		"a list is one value":                       {[]string{"a: [1, 2]\n", "\na:\n- 3\n"}, 0, "a=[3] 1:2\n"},
		"a map for a text":                          {[]string{"a: x\n", "a: {b: 1}\n"}, 0, "a.b=1 1:1\n"},
		"a text for a map":                          {[]string{"a: {b: 1}\n", "a: x\n"}, 0, "a=x 1:1\n"},
		"a map behind a text behind a map":          {[]string{"a: {b: 1}\n", "a: x\n", "a: {c: 1}\n"}, 0, "a.c=1 2:1\n"},
		"an empty map changes nothing":              {[]string{"a: {b: 1}\n", "a: {}\n"}, 0, "a.b=1 0:1\n"},
		"an empty map alone":                        {[]string{"\na: {}\n"}, 0, "a=map[] 0:2\n"},
		"null takes away":                           {[]string{"\na: {b: 1}\n", "a: {b: null}\n"}, 0, "a.b=<nil> 1:1 removes 0:2\n"},
		"null takes a map away":                     {[]string{"a: {b: 1}\n", "\na: {c: 1}\n", "\n\na: null\n"}, 0, "a=<nil> 2:3 removes 1:2\n"},
		"null twice":                                {[]string{"a: 1\n", "a: null\n", "a: null\n"}, 0, "a=<nil> 2:1\n"},
		"null that is given again":                  {[]string{"a: 1\n", "a: null\n", "a: 2\n"}, 0, "a=2 2:1\n"},
		"null of what nobody has":                   {[]string{"b: 1\n", "a: null\n"}, 0, "a=<nil> 1:1\nb=1 0:1\n"},
		"lower levels count for what null takes":    {[]string{"a: 1\nb: 2\n", "a: null\n"}, 1, "a=<nil> 1:1 removes 0:1\n"},
		"an alias is where it is written":           {[]string{"x: &x\n  a: 1\nz: *x\n"}, 0, "x.a=1 0:2\nz.a=1 0:2\n"},
		"keys with dots and quotes are told apart":  {[]string{"a.b: 1\na: {b: 2, 'c\"d': 3}\n"}, 0, "a.b=2 0:2\na.\"c\\\"d\"=3 0:2\n\"a.b\"=1 0:1\n"},
		"keys that are no text in YAML become text": {[]string{"\nyes: 1\n7: 2\n"}, 0, "7=2 0:3\ntrue=1 0:2\n"},
	} {
		t.Run(name, func(t *testing.T) {
			layers, err := chart.ReadLayers(valuesFiles(t, c.files...))
			if err != nil {
				t.Fatal(err)
			}
			if got := traced(chart.Trace(layers, c.from)); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestTraceIsHelmsMerge traces random files: the leaves together are what Helm's
// own code makes of them, and each stands where its origin says, and in no later
// file.
func TestTraceIsHelmsMerge(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	removed := 0
	for i := range 300 {
		texts := make([]string, 4)
		for j := range texts {
			data, err := manifest.Encode(randomMap(random, 3))
			if err != nil {
				t.Fatal(err)
			}
			texts[j] = "# " + strings.Repeat("\n# ", random.IntN(3)) + "\n" + string(data)
		}
		files := valuesFiles(t, texts...)
		layers, err := chart.ReadLayers(files)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]any{}
		for _, l := range chart.Trace(layers, 0) {
			got = chart.Merge(got, nested(l.Path, l.Value))
			if len(l.Path) == 0 {
				continue
			}
			for j := range texts {
				value, ok := lookup(layers[j].Values, l.Path)
				if j > l.Origin.Layer && ok || j == l.Origin.Layer && (!ok || !reflect.DeepEqual(value, l.Value)) {
					t.Fatalf("case %d: %v is from %d, which has %v, file %d %v", i, l.Path, l.Origin.Layer, value, j, ok)
				}
			}
			text := texts[l.Origin.Layer]
			line := strings.Split(text, "\n")[l.Origin.Line-1]
			if strings.SplitAfter(strings.TrimSpace(line), ":")[0] != l.Path[len(l.Path)-1]+":" {
				t.Fatalf("case %d: %v is on line %d of\n%s", i, l.Path, l.Origin.Line, text)
			}
			if l.Removed != nil {
				removed++
			}
		}
		if want := helmsMerge(t, files); !reflect.DeepEqual(got, want) {
			t.Fatalf("case %d: %s\ngot  %v\nHelm %v", i, strings.Join(texts, "---\n"), got, want)
		}
	}
	if removed < 50 {
		t.Errorf("only %d of the leaves are removed", removed)
	}
}

// nested gives a map with one value at a path.
func nested(path []string, value any) map[string]any {
	if len(path) == 0 {
		return map[string]any{}
	}
	for i := len(path) - 1; i > 0; i-- {
		value = map[string]any{path[i]: value}
	}
	return map[string]any{path[0]: value}
}

func lookup(values map[string]any, path []string) (any, bool) {
	for _, key := range path[:len(path)-1] {
		inner, ok := values[key].(map[string]any)
		if !ok {
			return nil, false
		}
		values = inner
	}
	value, ok := values[path[len(path)-1]]
	return value, ok
}

// TestCheckKeys finds typos at every depth of a schema, each with its file and
// line, and nothing where the schema takes any key.
func TestCheckKeys(t *testing.T) {
	const schema = `{"type": "object", "additionalProperties": false,
  "properties": {
    "global": {"type": "object"},
    "defaults": {"$ref": "#/definitions/defaults"},
    "namespaces": {"type": "object", "additionalProperties": false, "patternProperties": {"^[a-z*]+$": {
      "type": ["object", "null"], "additionalProperties": false, "properties": {"profile": {}, "exceptions": {"type": "array"}}}}},
    "paths": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"path": {}, "readOnly": {}}}},
    "labels": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": false, "properties": {"key": {}}}},
    "none": {"type": "object", "additionalProperties": false}
  },
  "definitions": {"defaults": {"type": "object", "additionalProperties": false, "properties": {"profile": {}, "warn": {}, "old": {"$ref": "#/definitions/old"}}}, "old": {"deprecated": true, "description": "is gone: why"}}}`
	files := valuesFiles(t, `namespacess: {}
global: {what: ever}
defaults: {old: null, profil: baseline}
none: {}
namespaces:
  ab*: {profile: x, exeptions: [a]}
  A.B: {}
  gone: null
  text: baseline
`, `
paths:
- path: /a
- path: /b
  readonly: true
- /c
labels: {any: {kye: 1, key: 2}}
none:
  a: 1
xyz: null
defaults: restricted
`)
	layers, err := chart.ReadLayers(files)
	if err != nil {
		t.Fatal(err)
	}
	err = chart.CheckKeys(tree.Tree{"values.schema.json": []byte(schema)}, layers)
	if err == nil {
		t.Fatal("no error")
	}
	got := strings.ReplaceAll(err.Error(), filepath.ToSlash(filepath.Dir(files[0]))+"/", "")
	want := `read values: 0.yaml:1: namespacess: the chart knows no such key, near it: namespaces
read values: 0.yaml:3: defaults.old is gone: why
read values: 0.yaml:3: defaults.profil: the chart knows no such key, near it: profile
read values: 0.yaml:6: namespaces.ab*.exeptions: the chart knows no such key, near it: exceptions
read values: 0.yaml:7: namespaces."A.B": the name of a key here has to match ^[a-z*]+$
read values: 0.yaml:9: namespaces.text is a text, want keys and values
read values: 1.yaml:5: paths[1].readonly: the chart knows no such key, near it: readOnly
read values: 1.yaml:6: paths[2] is a text, want keys and values
read values: 1.yaml:7: labels.any.kye: the chart knows no such key, near it: key
read values: 1.yaml:9: none.a: the chart knows no key here
read values: 1.yaml:10: xyz: the chart knows no such key, only defaults, global, labels, namespaces, none, paths
read values: 1.yaml:11: defaults is a text, want keys and values`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := chart.CheckKeys(tree.Tree{}, layers); err != nil {
		t.Errorf("a chart without a schema: %v", err)
	}
}

// TestCheckKeysOfTheChart holds that nothing in the chart's own values is taken
// for a typo.
func TestCheckKeysOfTheChart(t *testing.T) {
	files, err := tree.Read("../../charts/pod-security")
	if err != nil {
		t.Fatal(err)
	}
	own, err := chart.Own(files)
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("../../examples/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	layers, err := chart.ReadLayers(valuesFiles(t, string(examples)))
	if err != nil {
		t.Fatal(err)
	}
	if err := chart.CheckKeys(files, append(layers, own)); err != nil {
		t.Error(err)
	}
}
