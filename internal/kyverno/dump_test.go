package kyverno

import (
	"reflect"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// dump writes everything that Read gave as text: rules without their empty
// fields, refusals and errors a line each.
func dump(t *testing.T, res Result, err error) string {
	t.Helper()
	var out strings.Builder
	for _, rule := range res.Rules {
		text, encodeErr := manifest.Encode(nonZero(reflect.ValueOf(rule)))
		if encodeErr != nil {
			t.Fatal(encodeErr)
		}
		out.WriteString("--- " + rule.Name + "\n" + string(text))
	}
	if len(res.Unsupported) > 0 {
		out.WriteString("--- unsupported\n")
	}
	for _, u := range res.Unsupported {
		out.WriteString(u.Error() + "\n")
	}
	if err != nil {
		out.WriteString("--- errors\n" + err.Error() + "\n")
	}
	return out.String()
}

// nonZero turns a value into maps and lists, leaving out what is zero. The pin
// is the same everywhere and left out too.
func nonZero(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		return nonZero(v.Elem())
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() && f.Type() != reflect.TypeFor[policy.Pin]() {
				out[v.Type().Field(i).Name] = nonZero(f)
			}
		}
		return out
	case reflect.Slice:
		out := []any{}
		for i := range v.Len() {
			out = append(out, nonZero(v.Index(i)))
		}
		return out
	default:
		return v.Interface()
	}
}
