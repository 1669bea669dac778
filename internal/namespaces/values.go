// Package namespaces reads what a chart's values say of namespaces, and makes of it
// what stands on the namespaces themselves: the labels by which Pod Security
// Admission takes the policies' place (`engine: psa`), and those that bind
// (`namespaceBinding: label`). It compares what the two engines answer. What Pod
// Security Admission and the policies say of a pod it is handed as functions; it
// knows no chart and no cluster.
package namespaces

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Engines: who judges the pods of a namespace.
const (
	Policies = "policies"
	PSA      = "psa" // Pod Security Admission, where the namespace's labels have it do so
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
	Engine     string   `json:"engine"`
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
	v.Defaults.Engine = cmp.Or(v.Defaults.Engine, Policies)
	for _, e := range v.Namespaces {
		if e == nil {
			continue
		}
		e.Profile = cmp.Or(e.Profile, v.Defaults.Profile)
		e.Warn, e.Audit = cmp.Or(e.Warn, v.Defaults.Warn), cmp.Or(e.Audit, v.Defaults.Audit)
		e.Engine = cmp.Or(e.Engine, v.Defaults.Engine)
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

// UsesPSA says whether any namespace has `engine: psa`.
func (v Values) UsesPSA() bool {
	return v.Defaults.Engine == PSA || slices.ContainsFunc(v.Names(), func(name string) bool { return v.Namespaces[name].Engine == PSA })
}

// UsesLabels says whether any namespace is to carry labels.
func (v Values) UsesLabels() bool { return v.NamespaceBinding == "label" || v.UsesPSA() }

// Keeps says that a namespace keeps its policies whatever its engine: Pod Security
// Admission knows neither exceptions nor single rules.
func (e Entry) Keeps() bool { return len(e.Exceptions)+len(e.Exclude) > 0 }

// Left says whether the namespace is left to Pod Security Admission, once it has
// the labels for it.
func (e Entry) Left() bool { return e.Engine == PSA && !e.Keeps() }

// key gives the same for entries by which the same holds.
func (e Entry) key() string {
	return fmt.Sprintf("%s %s %s %s %q %q", e.Engine, e.Profile, e.Warn, e.Audit, e.Exceptions, e.Exclude)
}
