package chart

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vapchart/vapchart/internal/exception"
)

// allowFile is files/allow.yaml: what the templates need to know of each allow
// key to turn its value into CEL.
type allowFile struct {
	Keys []allowKey `json:"keys"`
}

type allowKey struct {
	Name      string         `json:"name"`
	Kind      exception.Kind `json:"kind"`
	Variables []string       `json:"variables"`
}

func allowKeys() allowFile {
	var out allowFile
	for _, k := range exception.Keys() {
		key := allowKey{Name: k.Name, Kind: k.Kind}
		for _, v := range k.Variables {
			key.Variables = append(key.Variables, v.Name)
		}
		out.Keys = append(out.Keys, key)
	}
	return out
}

// keyView is one allow key as values.yaml and its schema show it.
type keyView struct{ Name, Doc, Example, Schema string }

func keyViews() ([]keyView, error) {
	var out []keyView
	for _, k := range exception.Keys() {
		schema, err := json.Marshal(keySchema(k))
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", k.Name, err)
		}
		out = append(out, keyView{Name: k.Name, Doc: k.Doc, Example: example(k), Schema: string(schema)})
	}
	return out, nil
}

// keySchema gives the JSON schema of a key's value.
func keySchema(k exception.Key) map[string]any {
	list := func(item map[string]any) map[string]any {
		return map[string]any{"description": k.Doc, "type": "array", "uniqueItems": true, "items": item}
	}
	switch k.Kind {
	case exception.Strings:
		item := map[string]any{"type": "string", "pattern": k.Pattern, "maxLength": 253}
		if k.NotPattern != "" {
			item["not"] = map[string]any{"pattern": k.NotPattern}
		}
		return list(item)
	case exception.Enum:
		return list(map[string]any{"enum": k.Words})
	case exception.Paths:
		path := map[string]any{"type": "string", "pattern": "^/", "not": map[string]any{"pattern": `(^|/)\.\.(/|$)|[\x00-\x1f\\]`}, "maxLength": 4096}
		return list(map[string]any{
			"type": "object", "additionalProperties": false,
			"properties": map[string]any{"path": path, "pathPrefix": path, "readOnly": map[string]any{"type": "boolean"}},
			"oneOf":      []any{map[string]any{"required": []string{"path"}}, map[string]any{"required": []string{"pathPrefix"}}},
		})
	case exception.Ranges:
		port := map[string]any{"type": "integer", "minimum": 1, "maximum": 65535}
		return list(map[string]any{"anyOf": []any{port, map[string]any{
			"type": "object", "additionalProperties": false, "required": []string{"min", "max"},
			"properties": map[string]any{"min": port, "max": port},
		}}})
	default:
		return map[string]any{"description": k.Doc, "type": "boolean"}
	}
}

// example gives a value for the comment in values.yaml.
func example(k exception.Key) string {
	switch k.Kind {
	case exception.Enum:
		return "[" + strings.Join(k.Words[:min(len(k.Words), 3)], ", ") + "]"
	case exception.Paths:
		return "[{path: /usr/share/GeoIP, readOnly: true}, {pathPrefix: /srv/cache}]"
	case exception.Ranges:
		return "[8080, {min: 9100, max: 9200}]"
	case exception.Bool:
		return "true"
	default:
		return map[string]string{"capabilities": "[SYS_PTRACE]", "sysctls": "[net.core.somaxconn]", "seLinuxTypes": "[spc_t]"}[k.Name]
	}
}

// Everything gives an exception that allows something under every key that
// touches a rule, for trying out what the templates make of each.
func (in Input) Everything() map[string]any {
	touching := map[string]bool{}
	for _, r := range in.Rules {
		if r.Exception != nil {
			for _, name := range r.Exception.Allows {
				touching[name] = true
			}
		}
	}
	allow := map[string]any{}
	for _, k := range exception.Keys() {
		if !touching[k.Name] {
			continue
		}
		switch k.Kind {
		case exception.Paths:
			allow[k.Name] = []any{map[string]any{"path": "/a"}, map[string]any{"pathPrefix": "/b", "readOnly": true}}
		case exception.Ranges:
			allow[k.Name] = []any{1, map[string]any{"min": 2, "max": 3}}
		case exception.Enum:
			allow[k.Name] = []any{k.Words[0]}
		case exception.Strings:
			allow[k.Name] = []any{strings.Trim(example(k), "[]")}
		default:
			allow[k.Name] = true
		}
	}
	return map[string]any{"reason": "all at once", "allow": allow}
}
