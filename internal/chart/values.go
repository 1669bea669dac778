package chart

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/tree"
)

// ReadValues reads values files and merges them as `helm install -f A -f B`
// does: keys are joined at every depth, what both files hold is taken from the
// later one, lists as a whole, and null stays for the chart to see. No file
// gives no values.
//
// It is stricter than Helm where Helm would drop something in silence: a key
// given twice and a second document are errors. All errors are returned, joined,
// each with its file and, where there is one, its line.
func ReadValues(files []string) (map[string]any, error) {
	out := map[string]any{}
	var errs []error
	for _, file := range files {
		values, err := readValuesFile(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("read values: %w", err))
			continue
		}
		out = mergeValues(out, values)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return out, nil
}

func readValuesFile(file string) (map[string]any, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	name := filepath.ToSlash(file)
	docs, err := manifest.Split(name, data)
	if err != nil || len(docs) == 0 { // nothing but comments is no values
		return nil, err
	}
	doc, err := manifest.One(name, data)
	if err != nil {
		return nil, err
	}
	var content any // finds keys given twice
	if err := doc.Decode(&content); err != nil {
		return nil, err
	}
	if _, ok := content.(map[string]any); !ok {
		return nil, doc.Errorf("want keys and values")
	}
	values, err := chartutil.ReadValues(data)
	if err != nil {
		return nil, doc.Errorf("%v", err)
	}
	return values, nil
}

// mergeValues is what package cli/values of Helm does with two files. That
// package does not export it alone, and brings Helm's downloaders, its plugins
// and a client of the cluster with it.
func mergeValues(base, over map[string]any) map[string]any {
	out := maps.Clone(base)
	for key, value := range over {
		inner, ok := value.(map[string]any)
		below, both := out[key].(map[string]any)
		if ok && both {
			value = mergeValues(below, inner)
		}
		out[key] = value
	}
	return out
}

// Merge gives base with the values of over in place of its own, as ReadValues
// merges two files.
func Merge(base, over map[string]any) map[string]any { return mergeValues(base, over) }

// Complete gives values over those that the chart in t has itself, as its
// templates see them but for null, which is still there.
func Complete(t tree.Tree, values map[string]any) (map[string]any, error) {
	own, err := chartutil.ReadValues(t["values.yaml"])
	if err != nil {
		return nil, fmt.Errorf("read the chart's values: %w", err)
	}
	return mergeValues(own, values), nil
}
