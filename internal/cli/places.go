package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/verdict"
)

// places gives a namespace for each key of either values, both complete, and one
// that no key matches. Keys under which both sides hold the same are one place. Of
// values that bind by labels there is a namespace for each profile, alone and with
// each exception.
func places(before, after map[string]any) []verdict.Place {
	keys := slices.Concat(namespaceKeys(before), namespaceKeys(after))
	slices.Sort(keys)
	keys = append(slices.Compact(keys), "")
	var out []verdict.Place
	index := map[string]int{}
	for _, key := range keys {
		name, ok := namespaceFor(key, before, after)
		if !ok {
			continue // another key of either side decides for all names of it
		}
		words := key
		if key == "" {
			words = "namespaces that no key matches"
		}
		same := inOneLine(heldIn(before, name)) + inOneLine(heldIn(after, name))
		if i, ok := index[same]; ok && key != "" {
			out[i].For += ", " + words
			continue
		}
		index[same] = len(out)
		out = append(out, verdict.Place{Name: name, For: words})
	}
	return append(out, labelledPlaces(before, after)...)
}

// namespaceKeys gives the keys of the namespaces, without those that a later file
// took away.
func namespaceKeys(values map[string]any) []string {
	all, _ := values["namespaces"].(map[string]any)
	var out []string
	for key, entry := range all {
		if entry != nil {
			out = append(out, key)
		}
	}
	return out
}

// namespaceFor gives a name for which the key decides on every side that has it;
// for the empty key one that no key matches.
func namespaceFor(key string, sides ...map[string]any) (string, bool) {
	for _, fill := range []string{"vapchart", "x", "vapchart-compares", "any-namespace", "q"} {
		name := fill
		if key != "" {
			name = strings.ReplaceAll(strings.Replace(key, "*", fill, 1), "*", "")
		}
		decides := func(values map[string]any) bool {
			keys := namespaceKeys(values)
			return exception.Deciding(keys, name) == key || key != "" && !slices.Contains(keys, key)
		}
		if len(validation.IsDNS1123Label(name)) == 0 && !slices.ContainsFunc(sides, func(s map[string]any) bool { return !decides(s) }) {
			return name, true
		}
	}
	return "", false
}

// heldIn gives what the values hold in a namespace, with the defaults in it.
func heldIn(values map[string]any, namespace string) map[string]any {
	return heldBy(values, exception.Deciding(namespaceKeys(values), namespace))
}

// heldBy gives what the values hold by a key, with the defaults in it.
func heldBy(values map[string]any, key string) map[string]any {
	entries, _ := values["namespaces"].(map[string]any)
	entry, _ := entries[key].(map[string]any)
	whole := map[string]any{}
	defaults, _ := values["defaults"].(map[string]any)
	maps.Copy(whole, defaults)
	maps.Copy(whole, entry)
	return whole
}

// inOneLine gives what is held in a form that is the same for the same.
func inOneLine(held map[string]any) string {
	text, err := json.Marshal(held)
	if err != nil {
		return fmt.Sprint(held) // values are JSON, so this is never the case
	}
	return string(text)
}

// labelledPlaces gives the namespaces that labels make, where a side goes by them.
func labelledPlaces(before, after map[string]any) []verdict.Place {
	var names []string
	bound := false
	for _, side := range []map[string]any{before, after} {
		if side["namespaceBinding"] == "label" {
			bound = true
			all, _ := side["exceptions"].(map[string]any)
			for name, e := range all {
				if e != nil {
					names = append(names, name)
				}
			}
		}
	}
	if !bound {
		return nil
	}
	slices.Sort(names)
	var out []verdict.Place
	for _, profile := range []string{"privileged", "baseline", "restricted"} {
		for _, name := range append([]string{""}, slices.Compact(slices.Clone(names))...) {
			p := verdict.Place{Name: "vapchart-labelled", For: "namespaces labelled " + profile}
			if name != "" {
				p.For += " with " + name
			}
			p.Before, p.After = domainLabels(before, profile, name), domainLabels(after, profile, name)
			out = append(out, p)
		}
	}
	return out
}

// domainLabels gives the labels by which values bind a profile and an exception.
func domainLabels(values map[string]any, profile, exception string) map[string]string {
	domain, _ := values["labelDomain"].(string)
	out := map[string]string{domain + "/profile": profile}
	if exception != "" {
		out[domain+"/"+exception] = "include"
	}
	return out
}
