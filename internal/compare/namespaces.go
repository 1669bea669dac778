package compare

import (
	"slices"

	"github.com/vapchart/vapchart/internal/values"
)

// Namespaces gives a namespace for each key of either values, both complete, and one
// that no key matches. Keys under which both sides hold the same are one place. Of
// values that bind by labels there is a namespace for each profile, alone and with
// each exception.
func Namespaces(before, after values.Values) []Place {
	keys := slices.Concat(before.Keys(), after.Keys())
	slices.Sort(keys)
	keys = append(slices.Compact(keys), "")
	var out []Place
	index := map[string]int{}
	for _, key := range keys {
		name, ok := values.NameFor(key, before, after)
		if !ok {
			continue // another key of either side decides for all names of it
		}
		words := key
		if key == "" {
			words = "namespaces that no key matches"
		}
		same := before.ByName(name).Key() + after.ByName(name).Key()
		if i, ok := index[same]; ok && key != "" {
			out[i].For += ", " + words
			continue
		}
		index[same] = len(out)
		out = append(out, Place{Name: name, For: words})
	}
	return append(out, labelledNamespaces(before, after)...)
}

// labelledNamespaces gives the namespaces that labels make, where a side goes by them.
func labelledNamespaces(before, after values.Values) []Place {
	var names []string
	bound := false
	for _, side := range []values.Values{before, after} {
		if side.ByLabel() {
			bound = true
			names = append(names, side.ExceptionNames()...)
		}
	}
	if !bound {
		return nil
	}
	slices.Sort(names)
	var out []Place
	for _, profile := range []string{"privileged", "baseline", "restricted"} {
		for _, name := range append([]string{""}, slices.Compact(slices.Clone(names))...) {
			p := Place{Name: "vapchart-labelled", For: "namespaces labelled " + profile}
			var with []string
			if name != "" {
				p.For += " with " + name
				with = []string{name}
			}
			p.Before, p.After = before.ProfileLabels(profile, with...), after.ProfileLabels(profile, with...)
			out = append(out, p)
		}
	}
	return out
}
