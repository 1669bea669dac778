package chart_test

import (
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
)

func TestParsePath(t *testing.T) {
	for text, want := range map[string]string{
		"namespaces":              "namespaces",
		"namespaces.mw-*":         "namespaces|mw-*",
		"namespaces.mw-*.profile": "namespaces|mw-*|profile",
		`labels."a.b/c".d`:        "labels|a.b/c|d",
		`labels.'a.b"c'`:          `labels|a.b"c`,
		`labels.'a\b'`:            `labels|a\b`,
		`labels.a\.b\\c`:          `labels|a.b\c`,
		`labels."a\"b"`:           `labels|a"b`,
		`labels.""`:               "labels|",
		"it's":                    "it's",
		"":                        "error: a key between the dots is empty",
		"a..b":                    "error: a key between the dots is empty",
		"a.":                      "error: a key between the dots is empty",
		`a."b`:                    "error: it ends inside of quotes or with a backslash",
		`a\`:                      "error: it ends inside of quotes or with a backslash",
	} {
		parts, err := chart.ParsePath(text)
		got := strings.Join(parts, "|")
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want {
			t.Errorf("%s gives %s, want %s", text, got, want)
			continue
		}
		if err == nil { // what the tool writes, it reads
			if again, err := chart.ParsePath(chart.KeyText(parts)); err != nil || strings.Join(again, "|") != want {
				t.Errorf("%s is written as %s, which gives %v, %v", want, chart.KeyText(parts), again, err)
			}
		}
	}
}

func TestFindPath(t *testing.T) {
	values := map[string]any{
		"namespaces": map[string]any{"mw-*": map[string]any{"profile": "restricted"}, "web": nil},
		"labels":     map[string]any{"app.kubernetes.io/name": "x", "app": map[string]any{"other": 1.0}},
		"list":       []any{"a"},
	}
	for text, want := range map[string]string{
		"namespaces.mw-*.profile":         "namespaces|mw-*|profile",
		"namespaces.web":                  "namespaces|web",
		`labels."app.kubernetes.io/name"`: "labels|app.kubernetes.io/name",
		"labels.app.kubernetes.io/name":   "labels|app.kubernetes.io/name",
		"labels.app.other":                "labels|app|other",
		"namespaces.mw-web":               "no values file has namespaces.mw-web (namespaces has mw-*, web)",
		"namespaces.mw":                   "no values file has namespaces.mw (near it: namespaces.mw-*)",
		"namepsaces.mw-*":                 "no values file has namepsaces.mw-* (near it: namespaces)",
		"namespaces.istio-system":         "no values file has namespaces.istio-system (namespaces has mw-*, web)",
		"controllers":                     "no values file has controllers (the values have labels, list, namespaces)",
		"list.a":                          "list is a list, which has no keys ()",
		"namespaces.web.profile":          "namespaces.web is null, which has no keys ()",
	} {
		parts, err := chart.ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		path, err := chart.FindPath(values, parts)
		got := strings.Join(path, "|")
		if err != nil {
			got = err.Error() + " (" + policy.HintOf(err) + ")"
		}
		if got != want {
			t.Errorf("%s gives\n%s, want\n%s", text, got, want)
		}
	}
}
