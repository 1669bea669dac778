package manifest_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/manifest"
)

// TestValueResolves wants aliases and merge keys resolved, the map's own keys
// before merged ones, and every key at the line where it is written.
func TestValueResolves(t *testing.T) {
	docs, err := manifest.Split("f.yaml", []byte(`first: 1
---
base: &base {a: "1", b: "1"}
more: &more
  b: "2"
  c: "2"
use:
  c: "3"
  <<: [*base, *more]
alias: *more
list: [x, null, &y y, *y]
nested: {<<: {<<: *more, d: "4"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	root := docs[1].Root()
	for key, want := range map[string]string{"use": "c=3@8 a=1@3 b=1@3", "alias": "b=2@5 c=2@6", "nested": "d=4@12 b=2@5 c=2@6", "list": ""} {
		v, ok := root.Get(key)
		if !ok {
			t.Fatal(key)
		}
		var got []string
		for _, e := range v.Entries() {
			text, _ := e.Value.Text()
			got = append(got, fmt.Sprintf("%s=%s@%d", e.Key, text, e.Line))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", key, got, want)
		}
	}
	list, _ := root.Get("list")
	var items []string
	for _, i := range list.Items() {
		text, ok := i.Text()
		items = append(items, fmt.Sprint(text, ok, i.Alias(), i.IsMap()))
	}
	if want := []string{"xtrue false false", "false false false", "ytrue false false", "ytrue true false"}; !reflect.DeepEqual(items, want) {
		t.Errorf("%q", items)
	}
	alias, _ := root.Get("alias")
	if alias.Line() != 4 || !alias.IsMap() || !alias.Alias() || docs[0].Root().Line() != 1 {
		t.Errorf("alias at %d", alias.Line())
	}
	if _, ok := root.Get("none"); ok {
		t.Error("a key that is not there")
	}
}

// TestValueInCircles wants maps that refer to themselves to end.
func TestValueInCircles(t *testing.T) {
	docs, err := manifest.Split("f.yaml", []byte("a: &a\n  b: 1\n  <<: *a\n"))
	if err != nil {
		t.Skip("the parser refuses it: ", err)
	}
	a, _ := docs[0].Root().Get("a")
	if n := len(a.Entries()); n != 1 {
		t.Errorf("%d entries", n)
	}
}
