// Package values owns what the values of a chart mean: it decodes them once, and says
// what holds in a namespace, by its name or by its labels, as the chart's templates do.
// How files of values merge is Helm's to say, in package chart.
package values

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Values is the whole of a chart's values: its own with those that were given over them.
type Values struct {
	StandardVersion  string
	NamespaceBinding string // name or label
	LabelDomain      string
	Controllers      Controllers
	Defaults         Entry
	Namespaces       map[string]*Entry     // by name or glob, with the defaults in them; nil for a key that was taken away
	Exceptions       map[string]*Exception // by name; nil for one that was taken away
	Exemptions       struct{ Users, Groups, RuntimeClasses []string }
	Guard            struct{ Verb string }

	given map[string]Entry // what the keys say themselves
}

// Controllers says what Deployments and their like get: off, warn or deny.
type Controllers string

// UnmarshalJSON takes false for off, as YAML reads that word.
func (c *Controllers) UnmarshalJSON(data []byte) error {
	if string(data) == "false" {
		*c = "off"
		return nil
	}
	return json.Unmarshal(data, (*string)(c))
}

// Exception is an exception of the values.
type Exception struct {
	Reason, Expires string
	Allow           map[string]any // by allow key
}

// Entry is what holds in namespaces.
type Entry struct {
	Profile    string   `json:"profile"` // enforced: privileged, baseline or restricted
	Warn       string   `json:"warn"`
	Audit      string   `json:"audit"`
	Exceptions []string `json:"exceptions"`
	Exclude    []string `json:"exclude"` // rules
}

// Decode decodes whole values. What a key does not say it has from the defaults, as in
// the chart. The error is that of a value of another type than the chart's schema wants.
func Decode(whole map[string]any) (Values, error) {
	var v Values
	data, err := json.Marshal(whole)
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		return v, fmt.Errorf("read values: %w", err)
	}
	v.given = map[string]Entry{}
	for key, e := range v.Namespaces {
		if e == nil {
			continue
		}
		v.given[key] = *e
		e.Profile = cmp.Or(e.Profile, v.Defaults.Profile)
		e.Warn, e.Audit = cmp.Or(e.Warn, v.Defaults.Warn), cmp.Or(e.Audit, v.Defaults.Audit)
	}
	return v, nil
}

// ByLabel says whether labels of namespaces say what holds there.
func (v Values) ByLabel() bool { return v.NamespaceBinding == "label" }

// Keys lists the keys of the namespaces that say something, sorted.
func (v Values) Keys() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(v.Namespaces)), func(key string) bool { return v.Namespaces[key] == nil })
}

// Names lists the keys that are full names, sorted: only of these it is known what
// namespaces they are.
func (v Values) Names() []string {
	return slices.DeleteFunc(v.Keys(), func(key string) bool { return strings.Contains(key, "*") })
}

// ExceptionNames lists the exceptions, sorted.
func (v Values) ExceptionNames() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(v.Exceptions)), func(name string) bool { return v.Exceptions[name] == nil })
}

// Allows lists what each exception allows, by its name and by allow key.
func (v Values) Allows() map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, name := range v.ExceptionNames() {
		out[name] = v.Exceptions[name].Allow
	}
	return out
}

// Mode is the profile of a mode: profile, warn or audit.
func (e Entry) Mode(mode string) string {
	return map[string]string{"profile": e.Profile, "warn": e.Warn, "audit": e.Audit}[mode]
}

// Key is the same text for entries by which the same holds.
func (e Entry) Key() string {
	return fmt.Sprintf("%s %s %s %q %q", e.Profile, e.Warn, e.Audit, e.Exceptions, e.Exclude)
}
