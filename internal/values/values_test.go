package values_test

import (
	"maps"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/values"
)

const someValues = `
namespaceBinding: label
labelDomain: d.example.org
defaults: {profile: privileged, warn: restricted, audit: baseline}
namespaces:
  both: {profile: restricted, exceptions: [root, ptrace]}
  user: {profile: restricted, exclude: [no-root]}
  own: {profile: restricted}
  "glob-*": {profile: restricted}
  gone: null
`

// TestLabels wants every full name to carry what binds it with label binding, and
// nothing without.
func TestLabels(t *testing.T) {
	read := func(text string) map[string]map[string]string {
		whole := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &whole); err != nil {
			t.Fatal(err)
		}
		v, err := values.Decode(whole)
		if err != nil {
			t.Fatal(err)
		}
		return v.NamespaceLabels()
	}
	labels := read(someValues)
	for name, want := range map[string]map[string]string{
		"own":  {"profile": "restricted", "warn": "restricted", "audit": "baseline"},
		"both": {"profile": "restricted", "warn": "restricted", "audit": "baseline", "ptrace": "include", "root": "include"},
		"user": {"profile": "restricted", "warn": "restricted", "audit": "baseline", "no-root": "exclude"},
	} {
		got := map[string]string{}
		for key, value := range labels[name] {
			got[strings.TrimPrefix(key, "d.example.org/")] = value
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if len(labels) != 3 {
		t.Errorf("%v", labels)
	}
	if none := read(strings.Replace(someValues, "namespaceBinding: label", "namespaceBinding: name", 1)); len(none) != 0 {
		t.Errorf("by names: %v", none)
	}
}
