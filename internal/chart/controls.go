package chart

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// controlsFile is the file of the chart that says which rules enforce each control.
const controlsFile = "files/controls.yaml"

// Controls gives the rules of the profiles that enforce each control, in any version of
// the standard, sorted: of a control that no rule enforces, an empty list.
type Controls map[policy.Control][]string

// newControls finds the rules of each control. A rule that is named like a control is an
// error: an `exclude` and a label name either.
func newControls(in Input) (Controls, error) {
	out := Controls{}
	for _, c := range in.Controls {
		out[c] = []string{}
	}
	for _, newest := range in.Rules {
		if newest.Rule.Profile == policy.Other {
			continue // bound by `other` alone, and excluded nowhere
		}
		for _, r := range append([]Rule{newest}, newest.Earlier...) {
			for _, c := range r.Rule.Controls {
				if !slices.Contains(out[c], newest.Rule.Name) {
					out[c] = append(out[c], newest.Rule.Name)
				}
			}
		}
	}
	for _, rules := range out {
		slices.Sort(rules)
	}
	var errs []error
	for _, r := range in.Rules {
		if _, taken := out[policy.Control(r.Rule.Name)]; taken {
			o := r.Rule.Origin
			errs = append(errs, policy.WithHint(
				fmt.Errorf("%s:%d: the rule %s has the name of a control; values could mean either", o.Path, o.Line, r.Rule.Name),
				"rename the policy, or leave it out with select"))
		}
	}
	return out, errors.Join(errs...)
}

// ReadControls gives the controls that values of the chart in t can name. A chart from
// before there was such a thing has none.
func ReadControls(t tree.Tree) (Controls, error) {
	text, ok := t[controlsFile]
	if !ok {
		return nil, nil
	}
	var file struct{ Controls Controls }
	doc, err := manifest.One(controlsFile, text)
	if err == nil {
		var data []byte
		if data, err = doc.JSON(); err == nil {
			err = json.Unmarshal(data, &file)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read chart: %w", err)
	}
	return file.Controls, nil
}

// Of gives the controls that a rule enforces, sorted.
func (c Controls) Of(rule string) []policy.Control {
	var out []policy.Control
	for _, control := range slices.Sorted(maps.Keys(c)) {
		if slices.Contains(c[control], rule) {
			out = append(out, control)
		}
	}
	return out
}

// checkExcludes finds names in the `exclude` of a level that are neither a rule of the
// chart in t nor a control.
func checkExcludes(t tree.Tree, controls Controls, l Layer) []*manifest.Error {
	var known []string
	for _, file := range t.Paths() {
		if name, ok := strings.CutPrefix(file, "files/rules/"); ok {
			known = append(known, strings.TrimSuffix(name, ".yaml"))
		}
	}
	for c := range controls {
		known = append(known, string(c))
	}
	slices.Sort(known)
	var out []*manifest.Error
	namespaces, _ := l.Values["namespaces"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(namespaces)) {
		entry, _ := namespaces[key].(map[string]any)
		names, _ := entry["exclude"].([]any)
		for i, item := range names {
			name, ok := item.(string)
			if !ok || slices.Contains(known, name) {
				continue
			}
			at := []any{"namespaces", key, "exclude"}
			msg := fmt.Sprintf("%s: the chart knows no rule or control %q", PathText(at), name)
			if near := nearOf(name, known); len(near) > 0 {
				msg += ", near it: " + strings.Join(near, ", ")
			}
			out = append(out, &manifest.Error{File: l.File, Line: l.lineAt(append(at, i)), Msg: msg})
		}
	}
	return out
}

// nearOf gives names that a word may be a slip for, or else those that begin with it, as
// the two controls of seccompProfile do.
func nearOf(word string, known []string) []string {
	if near := policy.Near(word, known); len(near) > 0 {
		return near
	}
	const most = 5
	var out []string
	for _, name := range known {
		if strings.HasPrefix(strings.ToLower(name), strings.ToLower(word)) {
			out = append(out, name)
		}
	}
	if len(out) > most {
		return nil
	}
	return out
}
