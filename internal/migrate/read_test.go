package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/migrate"
)

// read gives what is read of a text, one namespace a line.
func read(t *testing.T, text string) (string, error) {
	t.Helper()
	docs, err := manifest.Split("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	all, passed, err := migrate.Read(docs, "d.org")
	var out []string
	for _, p := range passed {
		out = append(out, fmt.Sprintf("!%s@%s:%d", p.Name, p.File, p.Line))
	}
	for _, n := range all {
		words := []string{fmt.Sprintf("%s@%d", n.Name, n.Line)}
		for _, l := range n.Labels {
			words = append(words, fmt.Sprintf("%s=%s@%d", l.Key, l.Value, l.Line))
		}
		out = append(out, strings.Join(words, " "))
	}
	return strings.Join(out, "\n"), err
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"objects, and none of another kind": {`apiVersion: v1
kind: Namespace
metadata: {name: web, labels: {d.org/profile: baseline}}
---
apiVersion: v1
kind: Pod
metadata: {name: pod}
---
kind: Namespace
apiVersion: v1
metadata:
  name: bare
`, "bare@9\nweb@1 d.org/profile=baseline@3"},
		"a list": {`apiVersion: v1
kind: List
items:
- {kind: Namespace, metadata: {name: a}}
- {kind: Service, metadata: {name: s}}
`, "a@4"},
		"a list of namespaces need not say so again": {`{"kind": "NamespaceList", "apiVersion": "v1", "items": [
{"metadata": {"name": "a", "labels": {"x": "1"}}}]}`, "a@2 x=1@2"},
		"values with the key, at any depth, anchors where they are written": {`x-common: &common
  d.org/profile: restricted
  d.org/rule: exclude
cluster:
  namespaces:
    web:
      labels: *common
    api:
      labels:
        <<: *common
        d.org/rule: other
    plain:
    _template: {labels: *common}
other: {thing: {labels: {d.org/profile: baseline}}}
`, "!_template@f.yaml:13\napi@8 d.org/rule=other@11 d.org/profile=restricted@2\nplain@12\nweb@6 d.org/profile=restricted@2 d.org/rule=exclude@3"},
		"a list with names": {`namespaces:
- {name: a, labels: {d.org/profile: baseline}}
- name: b
`, "a@2 d.org/profile=baseline@2\nb@3"},
		"values without the key": {`tenants:
- shop: {labels: {d.org/profile: baseline}, quota: 1}
  none: {labels: {team: x}}
- {pods: {app: {labels: {app: x}}}}
`, "shop@2 d.org/profile=baseline@2"},
		"names that none can have, in each form": {`namespaces:
  Web: {}
  a.b: {labels: {d.org/profile: baseline}}
---
namespaces: [{name: web_1}]
---
apiVersion: v1
kind: Namespace
metadata: {name: -x}
---
tenants: {Shop: {labels: {d.org/profile: baseline}}, Team: {labels: {a: b}}}
`, "!Web@f.yaml:2\n!a.b@f.yaml:3\n!web_1@f.yaml:5\n!-x@f.yaml:7\n!Shop@f.yaml:11"},
		"said twice alike": {`namespaces: {a: {labels: {x: "1"}}}
---
namespaces: {a: {labels: {x: "1"}}}
`, "a@3 x=1@3"},
		"nothing": {"a: 1\n", ""},
	} {
		if got, err := read(t, c.text); err != nil || got != c.want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", name, err, got, c.want)
		}
	}
}

func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		"namespaces: {a: {labels: {x: \"1\"}}}\n---\nnamespaces: {a: {labels: {x: \"2\"}}}\n": "f.yaml:3: namespace a has other labels than at f.yaml:1",
		"namespaces:\n  a:\n    labels:\n      x: [1]\n":                                      "f.yaml:4: label x of namespace a is no text",
		"namespaces:\n  a: {}\n  a: {}\n":                                                     `f.yaml:3: mapping key "a" already defined at line 2`,
	} {
		if _, err := read(t, text); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
