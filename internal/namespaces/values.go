// Package namespaces reads what a chart's values say of namespaces, and which labels
// stand on the namespaces themselves (`namespaceBinding: label`).
package namespaces

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Values is what the whole of a chart's values says of namespaces.
type Values struct {
	StandardVersion  string
	NamespaceBinding string // name or label
	LabelDomain      string
	Controllers      any // off, warn or deny; YAML reads off as false
	Defaults         Entry
	Namespaces       map[string]*Entry // by name or glob; nil for a key that a later file took away
	Exceptions       map[string]*Exception
	Exemptions       struct{ Users, Groups, RuntimeClasses []string }
}

// Exception is what an exception allows, by allow key.
type Exception struct{ Allow map[string]any }

// Entry is what holds in namespaces.
type Entry struct {
	Profile    string   `json:"profile"` // enforced: privileged, baseline or restricted
	Warn       string   `json:"warn"`
	Audit      string   `json:"audit"`
	Exceptions []string `json:"exceptions"`
	Exclude    []string `json:"exclude"`
}

// Read reads a chart's whole values. What a key does not say it has from the
// defaults, as in the chart.
func Read(whole map[string]any) (Values, error) {
	var v Values
	data, err := json.Marshal(whole)
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		return v, fmt.Errorf("read values: %w", err)
	}
	for _, e := range v.Namespaces {
		if e == nil {
			continue
		}
		e.Profile = cmp.Or(e.Profile, v.Defaults.Profile)
		e.Warn, e.Audit = cmp.Or(e.Warn, v.Defaults.Warn), cmp.Or(e.Audit, v.Defaults.Audit)
	}
	return v, nil
}

// Keys gives the keys that say something, sorted.
func (v Values) Keys() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(v.Namespaces)), func(key string) bool { return v.Namespaces[key] == nil })
}

// Names gives the keys that are full names, sorted: only of these it is known what
// namespaces they are.
func (v Values) Names() []string {
	return slices.DeleteFunc(v.Keys(), func(key string) bool { return strings.Contains(key, "*") })
}
