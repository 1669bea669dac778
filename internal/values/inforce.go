package values

import (
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// In says what holds in a namespace. Labels are those of the namespace; they count with
// label binding alone. The lists are sorted.
func (v Values) In(namespace string, labels map[string]string) Entry {
	if v.ByLabel() {
		return v.byLabels(namespace, labels)
	}
	e := v.ByName(namespace)
	e.Exceptions, e.Exclude = sorted(e.Exceptions), sorted(e.Exclude)
	return e
}

// ByName says what the key that decides for a name holds, or else the defaults.
func (v Values) ByName(namespace string) Entry { return v.By(Deciding(v.Keys(), namespace)) }

// By says what holds by a key, with the defaults in it; by a key that is not there, such
// as the empty one, the defaults.
func (v Values) By(key string) Entry {
	if e := v.Namespaces[key]; e != nil {
		return *e
	}
	return Entry{Profile: v.Defaults.Profile, Warn: v.Defaults.Warn, Audit: v.Defaults.Audit}
}

// byLabels reads labels as the chart's selectors do: a profile that is misspelt is
// restricted.
func (v Values) byLabels(namespace string, labels map[string]string) Entry {
	mode := func(mode string) string {
		value, ok := labels[v.LabelDomain+"/"+mode]
		switch {
		case v.Open(namespace, mode):
			return "privileged"
		case !ok:
			return v.Defaults.Mode(mode)
		case value == "privileged" || value == "baseline":
			return value
		}
		return "restricted"
	}
	e := Entry{Profile: mode("profile"), Warn: mode("warn"), Audit: mode("audit")}
	for key, value := range labels {
		name, ours := strings.CutPrefix(key, v.LabelDomain+"/")
		switch {
		case ours && value == "exclude":
			e.Exclude = append(e.Exclude, name)
		case ours && value == "include" && v.Exceptions[name] != nil:
			e.Exceptions = append(e.Exceptions, name)
		}
	}
	e.Exceptions, e.Exclude = sorted(e.Exceptions), sorted(e.Exclude)
	return e
}

func sorted(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// Open says whether the values name a namespace in full and expressly give it privileged
// in a mode: it then stays out of that mode whatever its labels.
func (v Values) Open(namespace, mode string) bool {
	return v.given[namespace].Mode(mode) == "privileged"
}

// Deciding finds the key of the values' namespaces that decides for a name, as the chart
// has it: the name itself, else the glob with the most letters that matches; empty where
// only the defaults hold.
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

// NameFor finds a name for which the key decides in all of the values that have it; for
// the empty key one that no key matches.
func NameFor(key string, all ...Values) (string, bool) {
	for _, fill := range []string{"vapchart", "x", "vapchart-compares", "any-namespace", "q"} {
		name := fill
		if key != "" {
			name = strings.ReplaceAll(strings.Replace(key, "*", fill, 1), "*", "")
		}
		decides := func(v Values) bool {
			keys := v.Keys()
			return Deciding(keys, name) == key || key != "" && !slices.Contains(keys, key)
		}
		if len(validation.IsDNS1123Label(name)) == 0 && !slices.ContainsFunc(all, func(v Values) bool { return !decides(v) }) {
			return name, true
		}
	}
	return "", false
}
