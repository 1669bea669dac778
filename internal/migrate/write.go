package migrate

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/values"
)

// width is how long an entry of the values may be to stand on one line.
const width = 100

// Holds says whether a namespace has what the labels mean already: whole is what the
// values hold there without an entry of its own, with the defaults in it.
func (m Meaning) Holds(whole values.Entry) bool { return len(m.beyond(whole)) == 0 }

// Entry gives the entry of the values' namespaces that means the same as the labels.
// What is left out of it comes from whole: what values below hold under the very same
// name, with the defaults in it.
func (m Meaning) Entry(whole values.Entry) map[string]any {
	out := m.beyond(whole)
	out[Enforce] = m.Profiles[Enforce] // always said, since it is what one looks for
	return out
}

func (m Meaning) beyond(whole values.Entry) map[string]any {
	out := map[string]any{}
	for _, mode := range modes() {
		if whole.Mode(mode) != m.Profiles[mode] {
			out[mode] = m.Profiles[mode]
		}
	}
	for _, list := range []struct {
		key        string
		mean, hold []string
	}{{"exceptions", m.Exceptions, whole.Exceptions}, {"exclude", m.Exclude, whole.Exclude}} {
		if !slices.Equal(list.mean, slices.Sorted(slices.Values(list.hold))) {
			out[list.key] = append([]string{}, list.mean...) // never null, which takes a key away
		}
	}
	return out
}

// Write gives a values file: what head says, then the namespaces, and over each of
// these what its findings note. Head may hold namespaces that no labels are known of.
func Write(head map[string]any, entries map[string]map[string]any, findings []Finding) ([]byte, error) {
	var out bytes.Buffer
	head = maps.Clone(head)
	kept, _ := head["namespaces"].(map[string]any)
	delete(head, "namespaces")
	exceptions, has := head["exceptions"]
	delete(head, "exceptions")
	if err := section(&out, head); err != nil {
		return nil, err
	}
	all := map[string]any{}
	maps.Copy(all, kept)
	for name, entry := range entries {
		all[name] = entry
	}
	if len(all) == 0 {
		out.WriteString("namespaces: {}\n")
	} else {
		out.WriteString("namespaces:\n")
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, note := range notes(name, findings) {
			fmt.Fprintf(&out, "  # %s\n", note)
		}
		text, err := manifest.EncodeShort(map[string]any{name: all[name]}, width)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			out.WriteString("  " + line)
		}
	}
	if has {
		if err := section(&out, map[string]any{"exceptions": exceptions}); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// section writes top-level keys.
func section(out *bytes.Buffer, values map[string]any) error {
	if len(values) == 0 {
		return nil
	}
	text, err := manifest.EncodeShort(values, width)
	if err != nil {
		return err
	}
	out.Write(text)
	return nil
}

func notes(namespace string, findings []Finding) []string {
	var out []string
	for _, f := range findings {
		if f.Namespace == namespace && f.Note != "" && !slices.Contains(out, f.Note) {
			out = append(out, f.Note)
		}
	}
	return out
}
