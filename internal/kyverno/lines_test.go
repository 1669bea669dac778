package kyverno

import (
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/manifest"
)

// TestLocate writes one text in YAML's several ways and asks for the line of a
// word that stands on a line of its own.
func TestLocate(t *testing.T) {
	for name, file := range map[string]struct {
		yaml string
		want int
	}{
		"literal":       {"a: |\n  one\n\n  two HERE\n", 4},
		"folded":        {"a: >-\n  one\n  two\n    more\n\n  HERE\n", 6},
		"plain":         {"a: one\n  two\n  HERE\n", 3},
		"on one line":   {"a: one HERE\n", 1},
		"quoted":        {"a: \"one\n  two\n  HERE x\"\n", 2}, // the quote hides the last line
		"after another": {"b: 1\n\na: >-\n  x x\n  x\n  HERE x\n", 6},
	} {
		doc, err := manifest.One("f.yaml", []byte(file.yaml))
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			A text `yaml:"a"`
			B int  `yaml:"b"`
		}
		if err := doc.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if got := splitLines([]byte(file.yaml)).locate(v.A, strings.Index(v.A.Value, "HERE")); got != file.want {
			t.Errorf("%s: locate = %d, want %d", name, got, file.want)
		}
	}
}
