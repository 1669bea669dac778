package chart_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/cli/values"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/manifest"
)

// valuesFiles writes texts to files of their own and gives their names.
func valuesFiles(t *testing.T, texts ...string) []string {
	t.Helper()
	dir := t.TempDir()
	var out []string
	for i, text := range texts {
		name := filepath.Join(dir, fmt.Sprintf("%d.yaml", i))
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	return out
}

func TestReadValues(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		want  map[string]any
	}{
		"no file":  {nil, map[string]any{}},
		"comments": {[]string{"# nothing\n---\n# here\n"}, map[string]any{}},
		"joined at every depth": {
			[]string{"a: {b: {c: 1, d: 2}}\n", "a: {b: {d: 3}, e: x}\n"},
			map[string]any{"a": map[string]any{"b": map[string]any{"c": 1.0, "d": 3.0}, "e": "x"}},
		},
		"lists are taken whole": {[]string{"a: [1, 2]\n", "a: [3]\n"}, map[string]any{"a": []any{3.0}}},
		"a map for a text":      {[]string{"a: text\n", "a: {b: 1}\n"}, map[string]any{"a": map[string]any{"b": 1.0}}},
		"a text for a map":      {[]string{"a: {b: 1}\n", "a: text\n"}, map[string]any{"a": "text"}},
		"null stays":            {[]string{"a: {b: 1}\n", "a: {b: null}\n"}, map[string]any{"a": map[string]any{"b": nil}}},
		"anchors and merges": {
			[]string{"x: &x {a: 1, b: 2}\nz: {<<: *x, b: 3}\n"},
			map[string]any{"x": map[string]any{"a": 1.0, "b": 2.0}, "z": map[string]any{"a": 1.0, "b": 3.0}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := valuesFiles(t, c.files...)
			got, err := chart.ReadValues(files)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
			if helms := helmsMerge(t, files); !reflect.DeepEqual(got, helms) {
				t.Errorf("got %v, Helm gives %v", got, helms)
			}
		})
	}
}

// helmsMerge gives what Helm's own code makes of values files.
func helmsMerge(t *testing.T, files []string) map[string]any {
	t.Helper()
	out, err := (&values.Options{ValueFiles: files}).MergeValues(nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestReadValuesMergesAsHelm holds random values against Helm's own merge.
func TestReadValuesMergesAsHelm(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	overlaps := 0
	for i := range 300 {
		var texts []string
		for range 3 {
			data, err := manifest.Encode(randomMap(random, 3))
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(data))
		}
		files := valuesFiles(t, texts...)
		got, err := chart.ReadValues(files)
		if err != nil {
			t.Fatal(err)
		}
		if want := helmsMerge(t, files); !reflect.DeepEqual(got, want) {
			t.Fatalf("case %d: %s\ngot  %v\nHelm %v", i, strings.Join(texts, "---\n"), got, want)
		}
		last, err := chart.ReadValues(files[2:])
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, last) {
			overlaps++
		}
	}
	if overlaps < 100 {
		t.Errorf("only %d of the cases merge anything", overlaps)
	}
}

// randomMap gives a map of few keys, so that two of them mostly overlap.
func randomMap(random *rand.Rand, depth int) map[string]any {
	out := map[string]any{}
	for _, key := range []string{"a", "b", "c"} {
		switch n := random.IntN(6); {
		case n == 0:
			out[key] = nil
		case n == 1:
			out[key] = random.IntN(3)
		case n == 2:
			out[key] = []any{"x", random.IntN(3)}
		case n < 5 && depth > 0:
			out[key] = randomMap(random, depth-1)
		}
	}
	return out
}

// TestReadValuesErrors wants every error of every file, with its place.
func TestReadValuesErrors(t *testing.T) {
	files := valuesFiles(t, "a: 1\nb: 2\na: 3\nb: 4\n", "a: {\n", "- a\n", "a: 1\n---\nb: 2\n", "a: 1\n")
	missing := filepath.Join(filepath.Dir(files[0]), "missing.yaml")
	_, err := chart.ReadValues(append(files, missing))
	if err == nil {
		t.Fatal("no error")
	}
	got := strings.ReplaceAll(err.Error(), filepath.ToSlash(filepath.Dir(files[0]))+"/", "")
	want := `read values: 0.yaml:3: mapping key "a" already defined at line 1
0.yaml:4: mapping key "b" already defined at line 2
read values: 1.yaml:1: did not find expected node content
read values: 2.yaml:1: the file holds a list, want keys and values
read values: 3.yaml:3: the file holds 2 YAML documents, want one
read values: missing.yaml: no such file or directory`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
