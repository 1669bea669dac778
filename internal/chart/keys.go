package chart

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// schema is as much of a JSON schema as says which keys there are.
type schema struct {
	Ref         string            `json:"$ref"`
	Deprecated  bool              `json:"deprecated"` // the key is gone, the description says why
	Description string            `json:"description"`
	Type        any               `json:"type"` // a word or a list of them
	Properties  map[string]schema `json:"properties"`
	Patterns    map[string]schema `json:"patternProperties"`
	Additional  json.RawMessage   `json:"additionalProperties"` // false, true or a schema
	Items       *schema           `json:"items"`
	Definitions map[string]schema `json:"definitions"`
}

// CheckKeys finds what the chart in t does not know in each of the levels: by its
// values.schema.json keys, and other things where keys and values are wanted; and what
// an `exclude` names. Helm says the same of the merged values, without file and line. A chart without
// a schema takes everything. All errors are returned, joined, by level and line.
func CheckKeys(t tree.Tree, layers []Layer) error {
	text, ok := t["values.schema.json"]
	if !ok {
		return nil
	}
	var root schema
	if err := json.Unmarshal(text, &root); err != nil {
		return fmt.Errorf("read the chart's schema: %w", err)
	}
	controls, err := ReadControls(t)
	if err != nil {
		return err
	}
	var errs []error
	for _, l := range layers {
		c := keyChecker{layer: l, definitions: root.Definitions}
		c.value(root, nil, l.Values)
		c.errs = append(c.errs, checkExcludes(t, controls, l)...)
		slices.SortStableFunc(c.errs, func(a, b *manifest.Error) int { return cmp.Compare(a.Line, b.Line) })
		for _, err := range c.errs {
			errs = append(errs, fmt.Errorf("read values: %w", err))
		}
	}
	return errors.Join(errs...)
}

// keyChecker collects what is wrong with the keys of one level.
type keyChecker struct {
	layer       Layer
	definitions map[string]schema
	errs        []*manifest.Error
}

func (c *keyChecker) value(s schema, path []any, value any) {
	if s = c.resolve(s); s.Deprecated {
		c.add(path, "%s %s", PathText(path), s.Description)
		return
	}
	switch value := value.(type) {
	case nil: // takes a key away
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			c.key(s, path, key, value[key])
		}
	case []any:
		if s.Items != nil {
			for i, item := range value {
				c.value(*s.Items, append(slices.Clone(path), i), item)
			}
		}
		c.wantMap(s, path, value)
	default:
		c.wantMap(s, path, value)
	}
}

// resolve gives the schema that a reference names.
func (c *keyChecker) resolve(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/definitions/"); ok {
		return c.definitions[name]
	}
	return s
}

// key looks up a key of a map and goes on with its value.
func (c *keyChecker) key(s schema, path []any, key string, value any) {
	at := append(slices.Clone(path), key)
	if inner, ok := s.Properties[key]; ok {
		c.value(inner, at, value)
		return
	}
	for _, pattern := range slices.Sorted(maps.Keys(s.Patterns)) {
		if re, err := regexp.Compile(pattern); err == nil && re.MatchString(key) {
			c.value(s.Patterns[pattern], at, value)
			return
		}
	}
	if string(s.Additional) != "false" {
		var inner schema
		if json.Unmarshal(s.Additional, &inner) == nil { // else it is true, or absent
			c.value(inner, at, value)
		}
		return
	}
	known := slices.DeleteFunc(slices.Sorted(maps.Keys(s.Properties)), func(key string) bool { return c.resolve(s.Properties[key]).Deprecated })
	switch near := policy.Near(key, known); {
	case len(s.Patterns) > 0:
		c.add(at, "%s: the name of a key here has to match %s", PathText(at),
			strings.Join(slices.Sorted(maps.Keys(s.Patterns)), " or "))
	case len(near) > 0:
		c.add(at, "%s: the chart knows no such key, near it: %s", PathText(at), strings.Join(near, ", "))
	case len(known) > 0:
		c.add(at, "%s: the chart knows no such key, only %s", PathText(at), strings.Join(known, ", "))
	default:
		c.add(at, "%s: the chart knows no key here", PathText(at))
	}
}

// wantMap refuses a value that is no map where the chart wants one.
func (c *keyChecker) wantMap(s schema, path []any, value any) {
	if s.Type == "object" || fmt.Sprint(s.Type) == "[object null]" {
		c.add(path, "%s is %s, want %s", PathText(path), KindOf(value), mapKind)
	}
}

func (c *keyChecker) add(path []any, format string, args ...any) {
	c.errs = append(c.errs, &manifest.Error{File: c.layer.File, Line: c.layer.lineAt(path), Msg: fmt.Sprintf(format, args...)})
}
