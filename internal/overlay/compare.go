package overlay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
)

// Change is what an overlay makes of one object.
type Change struct {
	Kind, Name string
	// Fields are those that differ, none where the object is only on one side.
	Fields         []Field
	Added, Removed bool
	// Weakens says why less is refused, warned about or audited than before, as
	// far as the object itself tells; empty where it does not.
	Weakens string
}

// Field is a field of an object on both sides; empty text where it is not there.
type Field struct {
	Path          string // in the notation of the API, such as spec.validationActions[0]
	Before, After string // as JSON
}

// Compare says how the objects after differ from those before, by kind and name,
// whatever their order.
func Compare(before, after []manifest.Document) ([]Change, error) {
	was, err := byIdentity(before)
	if err != nil {
		return nil, err
	}
	is, err := byIdentity(after)
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, id := range slices.Sorted(maps.Keys(union(was, is))) {
		old, there := was[id]
		now, stays := is[id]
		c := Change{Added: !there, Removed: !stays}
		c.Kind, c.Name = identify(now, old)
		if there && stays {
			c.Fields = fields("", old, now)
		}
		if c.Added || c.Removed || len(c.Fields) > 0 {
			c.Weakens = weakens(c, old, now)
			out = append(out, c)
		}
	}
	return out, nil
}

func union(a, b map[string]map[string]any) map[string]bool {
	out := map[string]bool{}
	for _, m := range []map[string]map[string]any{a, b} {
		for id := range m {
			out[id] = true
		}
	}
	return out
}

// byIdentity gives objects by group, kind, namespace and name.
func byIdentity(docs []manifest.Document) (map[string]map[string]any, error) {
	out := map[string]map[string]any{}
	for _, doc := range docs {
		data, err := doc.JSON()
		if err != nil {
			return nil, fmt.Errorf("compare objects: %w", err)
		}
		var object map[string]any
		if err := json.Unmarshal(data, &object); err != nil {
			return nil, fmt.Errorf("compare objects: %w", err)
		}
		apiVersion, kind := doc.TypeMeta()
		id := apiVersion + "/" + kind + "/" + doc.Scalar("metadata", "namespace") + "/" + doc.Scalar("metadata", "name")
		if _, twice := out[id]; twice {
			return nil, fmt.Errorf("compare objects: %w", doc.Errorf("%s is there twice", id))
		}
		out[id] = object
	}
	return out, nil
}

func identify(objects ...map[string]any) (kind, name string) {
	for _, o := range objects {
		if o != nil {
			meta, _ := o["metadata"].(map[string]any)
			return fmt.Sprint(o["kind"]), fmt.Sprint(meta["name"])
		}
	}
	return "", ""
}

// fields gives the fields in which two values differ, the smallest that are there
// on both sides.
func fields(path string, before, after any) []Field {
	if reflect.DeepEqual(before, after) {
		return nil
	}
	var out []Field
	oldMap, ok := before.(map[string]any)
	newMap, too := after.(map[string]any)
	if ok && too {
		keys := maps.Clone(oldMap)
		maps.Copy(keys, newMap)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			at := path + "." + key
			if path == "" {
				at = key
			}
			out = append(out, fields(at, absent(oldMap, key), absent(newMap, key))...)
		}
		return out
	}
	oldList, ok := before.([]any)
	newList, too := after.([]any)
	if ok && too && len(oldList) == len(newList) && !scalars(oldList) {
		for i := range oldList {
			out = append(out, fields(path+"["+strconv.Itoa(i)+"]", oldList[i], newList[i])...)
		}
		return out
	}
	return []Field{{path, text(before), text(after)}}
}

// missing stands for a field that is not there; null is one that is.
type missing struct{}

func absent(m map[string]any, key string) any {
	if v, ok := m[key]; ok {
		return v
	}
	return missing{}
}

func scalars(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool {
		switch v.(type) {
		case map[string]any, []any:
			return true
		}
		return false
	})
}

func text(v any) string {
	if v == (any)(missing{}) {
		return ""
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(out.String(), "\n")
}
