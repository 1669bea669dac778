package chart

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// PathText writes a path as ParsePath reads it: keys (text) joined by dots, in
// quotes if they hold dots or quotes themselves, and indexes of lists (int) in
// brackets, which ParsePath does not take.
func PathText(path []any) string {
	var out strings.Builder
	for i, step := range path {
		key, ok := step.(string)
		if !ok {
			fmt.Fprintf(&out, "[%v]", step)
			continue
		}
		if i > 0 {
			out.WriteString(".")
		}
		if key == "" || strings.ContainsAny(key, `."'\`) {
			key = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
		}
		out.WriteString(key)
	}
	return out.String()
}

// KeyText is PathText for a path of keys alone.
func KeyText(path []string) string {
	steps := make([]any, len(path))
	for i, key := range path {
		steps[i] = key
	}
	return PathText(steps)
}

// ParsePath splits a dotted path into keys. A key that holds dots may stand in
// double or single quotes, or have a backslash before each dot, as with
// `helm --set`. Every other character, * too, stands for itself.
func ParsePath(text string) ([]string, error) {
	var out []string
	var key strings.Builder
	quote, quoted := rune(0), false // inside of quotes; this key had some
	escaped := false
	end := func() error {
		if key.Len() == 0 && !quoted {
			return errors.New("a key between the dots is empty")
		}
		out = append(out, key.String())
		key.Reset()
		quoted = false
		return nil
	}
	for _, r := range text {
		switch {
		case escaped:
			key.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\'') && key.Len() == 0:
			quote, quoted = r, true
		case quote == 0 && r == '.':
			if err := end(); err != nil {
				return nil, err
			}
		default:
			key.WriteRune(r)
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("it ends inside of quotes or with a backslash")
	}
	return out, end()
}

// FindPath gives the path of keys that parts of ParsePath mean in values. Parts
// that name no key by themselves may name one together, so that a key with dots
// can be written without quotes where that is clear. The error says which key is
// not there, with a hint at one near it.
func FindPath(values map[string]any, parts []string) ([]string, error) {
	if path, ok := findParts(values, parts); ok {
		return path, nil
	}
	at := values
	for i, part := range parts {
		value, ok := at[part]
		if !ok {
			return nil, noSuchKey(parts, parts[:i], at)
		}
		if at, ok = value.(map[string]any); !ok {
			return nil, fmt.Errorf("%s is %s, which has no keys", KeyText(parts[:i+1]), KindOf(value))
		}
	}
	return parts, nil
}

func findParts(values map[string]any, parts []string) ([]string, bool) {
	for i := range parts {
		key := strings.Join(parts[:i+1], ".")
		value, ok := values[key]
		if ok && i+1 == len(parts) {
			return []string{key}, true
		}
		if inner, isMap := value.(map[string]any); isMap {
			if rest, ok := findParts(inner, parts[i+1:]); ok {
				return append([]string{key}, rest...), true
			}
		}
	}
	return nil, false
}

// noSuchKey is the error for a path of which only the first keys are there.
func noSuchKey(parts, there []string, at map[string]any) error {
	err := fmt.Errorf("no values file has %s", KeyText(parts))
	keys := slices.Sorted(maps.Keys(at))
	wanted := append(slices.Clone(there), "")
	if near := policy.Near(parts[len(there)], keys); len(near) > 0 {
		for i, key := range near {
			wanted[len(there)] = key
			near[i] = KeyText(wanted)
		}
		return policy.WithHint(err, "near it: "+strings.Join(near, ", "))
	}
	switch {
	case len(keys) == 0:
		return err
	case len(there) == 0:
		return policy.WithHint(err, "the values have "+strings.Join(keys, ", "))
	default:
		return policy.WithHint(err, KeyText(there)+" has "+strings.Join(keys, ", "))
	}
}
