package chainsaw

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// operation creates the object. What refuses it must do so in words that the
// judge has given; where several may, in those of any.
func (s step) operation(taken map[string]bool) (operation, error) {
	resource, err := plain(s.Object, podName(s.Sample, taken))
	if err != nil {
		return operation{}, err
	}
	c := &creation{DryRun: true, Resource: resource}
	var checks []string
	var texts []string
	for _, d := range s.denials {
		if text := d.Denial(); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	for i, text := range texts {
		name := "denial"
		if len(texts) > 1 {
			name = fmt.Sprintf("denial%d", i+1)
		}
		c.Bindings = append(c.Bindings, binding{name, text})
		checks = append(checks, fmt.Sprintf("contains($error, $%s)", name))
	}
	if len(checks) > 0 {
		c.Expect = []expectation{{map[string]any{"(" + strings.Join(checks, " || ") + ")": true}}}
	}
	return operation{Create: c}, nil
}

// podName gives a sample's object a name that is valid, its own within the test,
// and unlike those that people give.
func podName(s Sample, taken map[string]bool) string {
	const most = 52 // what a CronJob may have
	name := prefix + slug(s.Name)
	name = strings.Trim(name[:min(len(name), most-3)], "-")
	for n := 2; taken[name]; n++ {
		base, _, _ := strings.Cut(name, "--")
		name = fmt.Sprintf("%s--%d", base, n)
	}
	taken[name] = true
	return name
}

// plain gives an object as a person would write it: under a name, in no
// namespace, and without what Go writes for nothing.
func plain(object runtime.Object, name string) (map[string]any, error) {
	data, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, err
	}
	delete(out, "status")
	strip(out)
	meta := map[string]any{"name": name}
	if old, ok := out["metadata"].(map[string]any); ok {
		for _, key := range []string{"annotations", "labels"} {
			if old[key] != nil {
				meta[key] = old[key]
			}
		}
	}
	out["metadata"] = meta
	return out, nil
}

// strip takes out, at every depth, the fields that Go writes though nobody set
// them.
func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			unset := inner == nil || empty(inner) && (key == "resources" || key == "strategy" || key == "updateStrategy" || key == "metadata")
			if unset {
				delete(v, key)
				continue
			}
			strip(inner)
		}
	case []any:
		for _, inner := range v {
			strip(inner)
		}
	}
}

func empty(v any) bool { m, ok := v.(map[string]any); return ok && len(m) == 0 }
