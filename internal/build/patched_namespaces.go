package build

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/psa"
)

// namedPlaces gives a namespace for each name that a patch brings into an expression:
// the values may not know it, and a condition may be about it alone.
func namedPlaces(changes []overlay.Change, known []compare.Place) []compare.Place {
	seen := map[string]bool{}
	for _, p := range known {
		seen[p.Name] = true
	}
	var out []compare.Place
	for _, c := range changes {
		for _, f := range c.Fields {
			for _, name := range broughtNames(f) {
				if seen[name] {
					continue
				}
				seen[name] = true
				out = append(out, compare.Place{Name: name, For: name + ", which a patch names"})
			}
		}
	}
	return out
}

// broughtNames gives what may be the name of a namespace in a field and was not there
// before. A star or a regular expression's `.*` stands for some letters.
func broughtNames(f overlay.Field) []string {
	const most = 20 // of one field: a list of hundreds shows itself by a few
	words := func(text string) []string {
		text = strings.ReplaceAll(strings.ReplaceAll(text, ".*", "*"), "*", "vapchart")
		return regexp.MustCompile(`[a-z0-9]([-a-z0-9]*[a-z0-9])?`).FindAllString(text, -1)
	}
	before := words(f.Before)
	var out []string
	for _, name := range words(f.After) {
		if !slices.Contains(before, name) && !slices.Contains(out, name) && len(validation.IsDNS1123Label(name)) == 0 && len(out) < most {
			out = append(out, name)
		}
	}
	return out
}

// relabelledPlaces gives the namespaces that one side labels otherwise than the other.
func relabelledPlaces(before, after *admission.Objects) []compare.Place {
	was, is := psa.LabelsOf(before), psa.LabelsOf(after)
	names := maps.Clone(was)
	maps.Copy(names, is)
	var out []compare.Place
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !maps.Equal(was[name], is[name]) {
			out = append(out, compare.Place{Name: name, For: name + ", whose labels a patch changes", Before: was[name], After: is[name]})
		}
	}
	return out
}
