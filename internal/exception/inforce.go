package exception

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// InForce gives the names of the exceptions that are in force in a namespace,
// sorted, by the whole of a chart's values: its own defaults and what was given.
// With `namespaceBinding: label` the labels say it, else the key that is most
// specific for the name: the name itself, or the glob with the most letters.
func InForce(values map[string]any, namespace string, labels map[string]string) []string {
	all, _ := values["exceptions"].(map[string]any)
	var out []string
	if values["namespaceBinding"] == "label" {
		domain, _ := values["labelDomain"].(string)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if all[name] != nil && labels[domain+"/"+name] == "include" {
				out = append(out, name)
			}
		}
		return out
	}
	keys, _ := values["namespaces"].(map[string]any)
	best := -1
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		entry, ok := keys[key].(map[string]any)
		if w := weight(key); ok && w > best && fits(key, namespace) {
			best, out = w, words(entry["exceptions"])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// weight orders keys as the chart does: a name before every glob.
func weight(key string) int {
	if !strings.Contains(key, "*") {
		return 1000
	}
	return len(strings.ReplaceAll(key, "*", ""))
}

func fits(key, namespace string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(key), `\*`, ".*")
	ok, err := regexp.MatchString("^"+pattern+"$", namespace)
	return err == nil && ok
}
