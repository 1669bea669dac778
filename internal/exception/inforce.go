package exception

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// InForce gives the names of the exceptions that are in force in a namespace,
// sorted, by the whole of a chart's values: its own defaults and what was given.
// With `namespaceBinding: label` the labels say it, else the key that is
// Deciding.
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
	entries, _ := values["namespaces"].(map[string]any)
	var keys []string
	for key, entry := range entries {
		if entry != nil {
			keys = append(keys, key)
		}
	}
	entry, _ := entries[Deciding(keys, namespace)].(map[string]any)
	out = words(entry["exceptions"])
	slices.Sort(out)
	return slices.Compact(out)
}

// Deciding gives the key of the values' namespaces that decides for a name, as the
// chart has it: the name itself, else the glob with the most letters that matches;
// empty where only the defaults hold.
func Deciding(keys []string, namespace string) string {
	best, most := "", -1
	for _, key := range slices.Sorted(slices.Values(keys)) {
		letters := len(strings.ReplaceAll(key, "*", ""))
		switch {
		case key == namespace:
			return key
		case letters > most && strings.Contains(key, "*") && matches(key, namespace):
			best, most = key, letters
		}
	}
	return best
}

func matches(glob, namespace string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(glob), `\*`, ".*")
	ok, err := regexp.MatchString("^"+pattern+"$", namespace)
	return err == nil && ok
}
