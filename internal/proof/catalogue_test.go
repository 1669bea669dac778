package proof_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// catalogue is what each exception of testdata/exceptions.yaml allows.
type catalogue map[string]allows

func readCatalogue(t testing.TB) catalogue {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "exceptions.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	out := catalogue{}
	if err := yaml.UnmarshalStrict(data, &out); err != nil {
		t.Fatal(err)
	}
	for _, k := range exception.Keys() {
		if !slices.ContainsFunc(out.names(), func(name string) bool { return out[name][k.Name] != nil }) {
			t.Fatalf("no exception of the catalogue allows %s", k.Name)
		}
	}
	return out
}

func (c catalogue) names() []string { return slices.Sorted(maps.Keys(c)) }

// values gives the catalogue as the chart's `exceptions`.
func (c catalogue) values() values {
	out := values{}
	for name, allow := range c {
		out[name] = values{"reason": "a test", "allow": values(allow)}
	}
	return out
}

// touched gives the controls that an exception relaxes.
func (c catalogue) touched(name string) []policy.Control {
	var out []policy.Control
	for _, k := range exception.Keys() {
		if c[name][k.Name] != nil {
			out = append(out, k.Controls...)
		}
	}
	return out
}

// acts says whether something that the exception allows is forbidden by a
// profile.
func (c catalogue) acts(name string, profile policy.Profile) bool {
	return profile == policy.Restricted || slices.ContainsFunc(pss.Controls(), func(i pss.Info) bool {
		return i.Profile == policy.Baseline && slices.Contains(c.touched(name), i.ID)
	})
}

// place is a namespace of the table.
type place struct {
	name       string
	profile    policy.Profile
	exceptions []string
}

// places gives a namespace without exceptions, one for each exception, and one
// for each pair; in baseline those without pairs.
func (c catalogue) places() []place {
	var out []place
	add := func(profile policy.Profile, exceptions ...string) {
		out = append(out, place{fmt.Sprintf("%s-%d", profile, len(out)), profile, exceptions})
	}
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		add(profile)
		for _, name := range c.names() {
			if c.acts(name, profile) {
				add(profile, name)
			}
		}
	}
	names := c.names()
	for i, a := range names {
		for _, b := range names[i+1:] {
			add(policy.Restricted, a, b)
		}
	}
	return out
}

// byName gives the values of the places by keys.
func byName(c catalogue, places []place) values {
	keys := values{}
	for _, p := range places {
		keys[p.name] = values{"profile": string(p.profile), "exceptions": anys(p.exceptions)}
	}
	return with(silent(), values{"exceptions": c.values(), "namespaces": keys})
}

// byLabel gives the world of the same places where labels bind them. It leaves
// out the policies that only warn or audit, which no place asks for.
func byLabel(t testing.TB, c catalogue, places []place) *world {
	t.Helper()
	w := installOnly(t, with(silent(), values{"namespaceBinding": "label", "exceptions": c.values()}), func(name string) bool {
		return policy.ParseObjectName(name, nil).Mode == policy.Enforce
	})
	for _, p := range places {
		labels := map[string]string{"profile": string(p.profile)}
		for _, name := range p.exceptions {
			labels[name] = "include"
		}
		w.label(p.name, labels)
	}
	return w
}

func anys(list []string) []any {
	out := []any{}
	for _, s := range list {
		out = append(out, s)
	}
	return out
}
