// Package manifest owns YAML as people write it: documents that know their
// file and line, strict decoding with errors that say where, and the one
// canonical encoder for everything the tool writes. It knows no schema.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"
)

// Error is one thing wrong with a file, at a line (1-based; 0 where no line
// applies).
type Error struct {
	File string
	Line int
	Msg  string
}

// Error gives `file:line: message`.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// Document is one YAML document of a file.
type Document struct {
	File string // as given to Split
	Line int    // 1-based line of the document's first key
	node *yaml.Node
	chunk
}

// Split parses a file into its documents, leaving out those that are empty.
// Broken YAML is an *Error with the line that the parser names.
func Split(file string, data []byte) ([]Document, error) {
	var docs []Document
	for _, c := range chunks(data) {
		dec := yaml.NewDecoder(bytes.NewReader(c.text))
		var node, more yaml.Node
		err := dec.Decode(&node)
		if errors.Is(err, io.EOF) {
			continue
		}
		if err != nil {
			return nil, errors.Join(located(file, err, c.before)...)
		}
		if !errors.Is(dec.Decode(&more), io.EOF) {
			return nil, &Error{File: file, Line: c.before + max(more.Line, 1), Msg: "a second document without --- before it"}
		}
		if len(node.Content) == 0 || node.Content[0].Tag == "!!null" {
			continue
		}
		root := node.Content[0]
		shift(root, c.before)
		docs = append(docs, Document{File: file, Line: root.Line, node: root, chunk: c})
	}
	return docs, nil
}

// shift counts the lines of nodes from the start of the file instead of from
// that of their document.
func shift(n *yaml.Node, by int) {
	n.Line += by
	for _, c := range n.Content {
		shift(c, by)
	}
}

// One parses a file that must hold exactly one document.
func One(file string, data []byte) (Document, error) {
	docs, err := Split(file, data)
	if err != nil {
		return Document{}, err
	}
	switch len(docs) {
	case 0:
		return Document{}, &Error{File: file, Line: 1, Msg: "the file is empty, want one YAML document"}
	case 1:
		return docs[0], nil
	default:
		return Document{}, &Error{File: file, Line: docs[1].Line,
			Msg: fmt.Sprintf("the file holds %d YAML documents, want one", len(docs))}
	}
}

// Decode fills into from the document by its `yaml` struct tags. A field that
// into does not have, a key given twice and a value of the wrong type are
// errors; all of them are returned, joined, each an *Error.
func (d Document) Decode(into any) error {
	// A node decodes loosely whatever the decoder was told, so the text is
	// decoded again, behind as many empty lines as stand before it in the file:
	// types that keep the line of a value so get that of the file.
	dec := yaml.NewDecoder(bytes.NewReader(d.padded()))
	dec.KnownFields(true)
	err := dec.Decode(into)
	if err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(located(d.File, err, 0)...)
	}
	return nil
}

// JSON gives the document as JSON, by the YAML dialect that Kubernetes' own
// clients read (YAML 1.1 booleans included).
func (d Document) JSON() ([]byte, error) {
	out, err := sigsyaml.YAMLToJSONStrict(d.text)
	if err != nil {
		return nil, errors.Join(located(d.File, err, d.before)...)
	}
	return out, nil
}

// TypeMeta gives apiVersion and kind; empty where the document has none.
func (d Document) TypeMeta() (apiVersion, kind string) {
	return d.Scalar("apiVersion"), d.Scalar("kind")
}

// Scalar gives the scalar at a path of keys, as it is written; empty where there
// is none.
func (d Document) Scalar(path ...string) string {
	n := d.node
	for _, key := range path {
		if n == nil {
			return ""
		}
		n = child(n, key)
	}
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// Text gives the document as it stands in its file, without the lines that part
// it from others and those that are empty before and behind it.
func (d Document) Text() []byte {
	return append(bytes.Trim(d.text, "\n"), '\n')
}

// Errorf gives an *Error at the document's first line.
func (d Document) Errorf(format string, args ...any) error {
	return &Error{File: d.File, Line: d.Line, Msg: fmt.Sprintf(format, args...)}
}

// chunk is the text between two `---` lines and the count of lines before it.
type chunk struct {
	text   []byte
	before int
}

func (c chunk) padded() []byte {
	return append(bytes.Repeat([]byte("\n"), c.before), c.text...)
}

// chunks cuts a file at lines that begin with `---`, as Kubernetes' own reader
// does (k8s.io/apimachinery/pkg/util/yaml).
func chunks(data []byte) []chunk {
	var out []chunk
	cur := chunk{}
	line := 0
	for _, l := range bytes.SplitAfter(data, []byte("\n")) {
		if bytes.HasPrefix(l, []byte("---")) && isSeparator(l) {
			out = append(out, cur)
			cur = chunk{before: line}
			// The separator itself stays as an empty line, so lines still count.
			l = []byte("\n")
		}
		cur.text = append(cur.text, l...)
		line++
	}
	return append(out, cur)
}

func isSeparator(l []byte) bool {
	rest := bytes.TrimSpace(bytes.TrimPrefix(l, []byte("---")))
	return len(rest) == 0 || rest[0] == '#'
}

// located turns the YAML libraries' errors into ours: their `line N: text`
// becomes the position, their Go type names are left out. Lines are counted from
// `before` on.
func located(file string, err error, before int) []error {
	msgs := []string{err.Error()}
	var te *yaml.TypeError
	if errors.As(err, &te) {
		msgs = te.Errors
	}
	lineRE := regexp.MustCompile(`(?s)^(?:error converting YAML to JSON: )?(?:yaml: )?(?:unmarshal errors:\s+)?(?:line (\d+): )?(.*)$`)
	typeRE := regexp.MustCompile(`( in type .*| into (struct|[\w*\[\]]+\.).*| in map)$`)
	var out []error
	for _, m := range msgs {
		f := lineRE.FindStringSubmatch(m)
		n, err := strconv.Atoi(f[1])
		if err == nil {
			n += before
		}
		out = append(out, &Error{File: file, Line: n, Msg: typeRE.ReplaceAllString(strings.Join(strings.Fields(f[2]), " "), "")})
	}
	return out
}
