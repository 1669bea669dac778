package bump

import (
	"slices"
)

// Values name rules. What is compared must mean the same on both sides, whether the
// files by hand have followed a new name yet or not; so either side reads them with
// its own names in them.

// newNames gives for each rule that is gone the name that it has now, empty for none.
func newNames(d Diff) map[string]string {
	out := map[string]string{}
	for _, name := range d.Removed {
		out[name] = ""
	}
	for _, r := range d.Renamed {
		out[r.From] = r.To
	}
	return out
}

// oldNames is newNames the other way round.
func oldNames(d Diff) map[string]string {
	out := map[string]string{}
	for _, name := range d.Added {
		out[name] = ""
	}
	for _, r := range d.Renamed {
		out[r.To] = r.From
	}
	return out
}

// renamed gives values with other names of rules in them; what names a rule without
// another name is left out. The values given stay as they are.
func renamed(values map[string]any, names map[string]string) map[string]any {
	out := copied(values)
	entries, _ := out["namespaces"].(map[string]any)
	for _, entry := range entries {
		held, _ := entry.(map[string]any)
		list, ok := held["exclude"].([]any)
		if !ok {
			continue
		}
		var kept []any
		for _, item := range list {
			name, _ := item.(string)
			to, gone := names[name]
			switch {
			case !gone:
				kept = append(kept, item)
			case to != "" && !slices.Contains(kept, any(to)):
				kept = append(kept, to)
			}
		}
		held["exclude"] = slices.Clip(append([]any{}, kept...))
	}
	other, _ := out["other"].(map[string]any)
	for from, to := range names {
		entry, ok := other[from]
		if !ok {
			continue
		}
		delete(other, from)
		if _, there := other[to]; to != "" && !there {
			other[to] = entry
		}
	}
	return out
}

// withoutExceptions gives values in which no exception is in force by a name.
func withoutExceptions(values map[string]any) map[string]any {
	out := copied(values)
	entries, _ := out["namespaces"].(map[string]any)
	for _, entry := range entries {
		if held, ok := entry.(map[string]any); ok && held["exceptions"] != nil {
			held["exceptions"] = []any{}
		}
	}
	delete(out, "exceptions")
	return out
}

// copied copies keys at all depths; lists and what is in them are shared.
func copied(values map[string]any) map[string]any {
	out := make(map[string]any, len(values))
	for key, value := range values {
		if inner, ok := value.(map[string]any); ok {
			value = copied(inner)
		}
		out[key] = value
	}
	return out
}
