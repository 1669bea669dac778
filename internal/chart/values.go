package chart

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/tree"
)

// Layer is one level of values: a file as it was read, or what a chart has itself.
type Layer struct {
	File   string // slash-separated, as it was named; values.yaml for a chart's own
	Values map[string]any
	doc    manifest.Document
}

// ReadValues reads values files and merges them as `helm install -f A -f B`
// does: keys are joined at every depth, what both files hold is taken from the
// later one, lists as a whole, and null stays for the chart to see. No file
// gives no values. Errors are those of ReadLayers.
func ReadValues(files []string) (map[string]any, error) {
	layers, err := ReadLayers(files)
	if err != nil {
		return nil, err
	}
	return MergeLayers(layers), nil
}

// ReadLayers reads values files for MergeLayers, in the same order.
//
// It is stricter than Helm where Helm would drop something in silence: a key
// given twice and a second document are errors. All errors are returned, joined,
// each with its file and, where there is one, its line, and beside them the levels
// that could be read, so that more can be found in these.
func ReadLayers(files []string) ([]Layer, error) {
	var out []Layer
	var errs []error
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("read values: %s: %w", filepath.ToSlash(file), bare(err)))
			continue
		}
		layer, err := readLayer(filepath.ToSlash(file), data)
		if err != nil {
			errs = append(errs, fmt.Errorf("read values: %w", err))
			continue
		}
		out = append(out, layer)
	}
	return out, errors.Join(errs...)
}

// MergeLayers gives what several levels of values say together, the later over
// the earlier ones, as ReadValues says.
func MergeLayers(layers []Layer) map[string]any {
	out := map[string]any{}
	for _, l := range layers {
		out = mergeValues(out, l.Values)
	}
	return out
}

// Own gives the values that the chart in t has itself, as the lowest level.
func Own(t tree.Tree) (Layer, error) {
	layer, err := readLayer("values.yaml", t["values.yaml"])
	if err != nil {
		return Layer{}, fmt.Errorf("read the chart's values: %w", err)
	}
	return layer, nil
}

func readLayer(name string, data []byte) (Layer, error) {
	out := Layer{File: name, Values: map[string]any{}}
	docs, err := manifest.Split(name, data)
	if err != nil || len(docs) == 0 { // nothing but comments is no values
		return out, err
	}
	if out.doc, err = manifest.One(name, data); err != nil {
		return Layer{}, err
	}
	var content any // finds keys given twice
	if err := out.doc.Decode(&content); err != nil {
		return Layer{}, err
	}
	values, err := chartutil.ReadValues(data)
	if kind := KindOf(content); err != nil && kind != mapKind {
		return Layer{}, out.doc.Errorf("the file holds %s, want %s", kind, mapKind)
	}
	if err != nil {
		return Layer{}, out.doc.Errorf("%v", err)
	}
	out.Values = values
	return out, nil
}

// bare gives an error on a file without the name of the file and of the system
// call.
func bare(err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		return inner.Err
	}
	return err
}

const mapKind = "keys and values"

// KindOf names what a value is, in the words of messages: "a list", "a text".
func KindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case map[string]any, map[any]any:
		return mapKind
	case []any:
		return "a list"
	case string:
		return "a text"
	case bool:
		return "true or false"
	default:
		return "a number"
	}
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
	own, err := Own(t)
	if err != nil {
		return nil, err
	}
	return mergeValues(own.Values, values), nil
}
