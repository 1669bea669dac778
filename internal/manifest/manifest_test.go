package manifest_test

import (
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/manifest"
)

func TestSplitKeepsLines(t *testing.T) {
	docs, err := manifest.Split("f.yaml", []byte("# first\n---\na: 1\n---\n# nothing\n---  # with a remark\n\nb: 2\nkind: K\n---\n"))
	if err != nil || len(docs) != 2 {
		t.Fatalf("got %d documents, %v", len(docs), err)
	}
	if docs[0].Line != 3 || docs[1].Line != 8 {
		t.Errorf("lines are %d and %d", docs[0].Line, docs[1].Line)
	}
	var into struct {
		A int `yaml:"a"`
	}
	err = docs[1].Decode(&into)
	if err == nil || err.Error() != "f.yaml:8: field b not found\nf.yaml:9: field kind not found" {
		t.Errorf("got %v", err)
	}
	if _, kind := docs[1].TypeMeta(); kind != "K" {
		t.Errorf("kind is %q", kind)
	}
}

func TestBlockScalarWithDashes(t *testing.T) {
	docs, err := manifest.Split("f.yaml", []byte("a: |\n  x\n  ---\n  y\n"))
	if err != nil || len(docs) != 1 {
		t.Errorf("a --- inside a block splits the file: %d documents, %v", len(docs), err)
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"broken":        {"a: 1\n---\nb: [\n", "f.yaml:3: "},
		"duplicate key": {"a: 1\na: 2\n", "f.yaml:2: mapping key \"a\" already defined at line 1"},
		"empty":         {"\n# x\n", "f.yaml:1: the file is empty"},
		"two documents": {"a: 1\n---\na: 2\n", "f.yaml:3: the file holds 2 YAML documents"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := manifest.One("f.yaml", []byte(c.text))
			if err == nil {
				err = d.Decode(&map[string]any{})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// A key given twice must not hide what the first one said.
func TestJSONRefusesKeysGivenTwice(t *testing.T) {
	d, err := manifest.One("f.yaml", []byte("kind: Pod\nspec: {hostPID: true}\nspec: {}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := d.JSON(); err == nil {
		t.Errorf("got %s", out)
	}
}

func TestLines(t *testing.T) {
	d, err := manifest.One("f.yaml", []byte("a:\n  b:\n  - x\n  - y: 1\nc: 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.LineOf("a", "b", 1, "y"); got != 4 {
		t.Errorf("a.b[1].y is on line %d", got)
	}
	if got := d.LineOf("a", "nowhere"); got != 2 {
		t.Errorf("what is not there is on line %d, want that of its parent", got)
	}
	if first, last, ok := d.Lines("a", "b"); !ok || first != 2 || last != 4 {
		t.Errorf("a.b is on lines %d to %d, %v", first, last, ok)
	}
}

func TestEncodeIsCanonical(t *testing.T) {
	in := map[string]any{
		"z": 1, "a": "yes", "long": strings.Repeat("word ", 40) + "end", "text": "one\ntwo\n",
		"list": []any{1.5, "1", nil, true}, "big": int64(9007199254740993),
	}
	got, err := manifest.Encode(in)
	if err != nil {
		t.Fatal(err)
	}
	want := "a: \"yes\"\nbig: 9007199254740993\nlist:\n- 1.5\n- \"1\"\n- null\n- true\nlong: " +
		strings.Repeat("word ", 40) + "end\ntext: |\n  one\n  two\nz: 1\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestEncodeShort holds what is put on one line: what is short, and no text of
// several lines.
func TestEncodeShort(t *testing.T) {
	in := map[string]any{
		"short": map[string]any{"list": []any{1, "true"}, "words": "a, b"},
		"long":  map[string]any{"inner": []any{map[string]any{"a": "b"}}, "word": strings.Repeat("x", 41)},
		"text":  map[string]any{"t": "one\ntwo\n"},
	}
	got, err := manifest.EncodeShort(in, 40)
	if err != nil {
		t.Fatal(err)
	}
	want := "long:\n  inner: [{a: b}]\n  word: " + strings.Repeat("x", 41) +
		"\nshort: {list: [1, \"true\"], words: 'a, b'}\ntext:\n  t: |\n    one\n    two\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	long, err := manifest.Encode(in)
	if err != nil || strings.ContainsAny(string(long), "{[") {
		t.Errorf("Encode gives\n%s%v", long, err)
	}
}
