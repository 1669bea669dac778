package chainsaw

import (
	"fmt"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
	"github.com/vapchart/vapchart/templates"
)

// valuesFile holds the namespaces that the tests bring.
const valuesFile = "values.yaml"

// Namespaces gives values that add namespaces to those of an operator, so that
// every rule and every exception is enforced somewhere: keys of the tests' own,
// which no other namespace should match. With label binding none are needed,
// since there the tests label their namespaces.
func Namespaces(of map[string]any) (map[string]any, error) {
	v, err := values.Decode(of)
	if err != nil {
		return nil, err
	}
	if v.NamespaceBinding == "label" {
		return nil, nil //nolint:nilnil // no values are nil values, to Helm too
	}
	keys := map[string]any{}
	add := func(name string, profile policy.Profile, exceptions ...any) {
		e := map[string]any{"profile": string(profile), "warn": "privileged", "audit": "privileged"}
		if len(exceptions) > 0 {
			e["exceptions"] = exceptions
		}
		keys[prefix+name+"-*"] = e
	}
	add("baseline", policy.Baseline)
	add("restricted", policy.Restricted)
	for name, e := range v.Exceptions {
		if e == nil {
			continue
		}
		profile := policy.Restricted
		if len(e.Allow) == 1 && e.Allow["privileged"] == true {
			profile = policy.Baseline // in restricted it needs privilegeEscalation beside it
		}
		add("with-"+slug(name), profile, name)
	}
	return map[string]any{"namespaces": keys}, nil
}

// writeValues adds the values file of the tests' own namespaces.
func writeValues(into tree.Tree, own map[string]any) error {
	text, err := header("values.tmpl", nil)
	if err != nil {
		return err
	}
	data, err := manifest.Encode(own)
	if err != nil {
		return err
	}
	return into.Add(valuesFile, append(text, data...))
}

// header fills in the comment at the head of a file.
func header(file string, data any) ([]byte, error) {
	text, err := templates.File(templates.Chainsaw, "chainsaw/"+file, data)
	if err != nil {
		return nil, fmt.Errorf("write chainsaw tests: %w", err)
	}
	return []byte(strings.TrimRight(string(text), "\n") + "\n"), nil
}
