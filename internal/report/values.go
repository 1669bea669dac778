package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vapchart/vapchart/internal/manifest"
)

// Values are merged values of the chart, one entry for each that holds no keys of
// its own, sorted by path.
type Values []Value

// Value is one of them, and where it is from.
type Value struct {
	Key   string   `json:"key"`   // the path as text, as `vapchart values` takes it
	Path  []string `json:"path"`  // empty for values that are empty altogether
	Value any      `json:"value"` // a scalar, a list, an empty map or null
	Place
	Removed *Place `json:"removed,omitempty"` // where what this null takes away was set
}

// OwnOrigin is the origin of what the chart has itself.
const OwnOrigin = "chart"

// Place is where a value is written.
type Place struct {
	Origin string `json:"origin"`         // a file, or OwnOrigin
	Line   int    `json:"line,omitempty"` // 1-based, of the key; 0 for the chart
}

// String is the file and the line, or the origin alone where there is no line.
func (p Place) String() string {
	if p.Line == 0 {
		return p.Origin
	}
	return fmt.Sprintf("%s:%d", p.Origin, p.Line)
}

// JSON writes an array with one object for each value.
func (v Values) JSON(w io.Writer) error {
	all := make(Values, 0, len(v))
	for _, value := range v {
		if len(value.Path) > 0 {
			all = append(all, value)
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}

// YAML writes the values below a path as one document, each with its place as a
// comment. A YAML reader gets the values themselves.
func (v Values) YAML(w io.Writer, below []string) error {
	var lines []valueLine
	open := below // the path of the map that the last line was in
	for _, value := range v {
		shared := len(below)
		for shared < len(open) && shared < len(value.Path)-1 && open[shared] == value.Path[shared] {
			shared++
		}
		for depth := shared; depth < len(value.Path)-1; depth++ {
			key, err := entryLines(value.Path[depth:depth+1], nil)
			if err != nil {
				return err
			}
			last := len(key) - 1 // a very long key takes two lines
			key[last] = strings.TrimSuffix(key[last], " null")
			for _, text := range key {
				lines = append(lines, valueLine{text: indent(depth-len(below)) + text})
			}
		}
		if len(value.Path) > 0 {
			open = value.Path[:len(value.Path)-1]
		}
		more, err := value.lines(len(below))
		if err != nil {
			return err
		}
		lines = append(lines, more...)
	}
	return writeAligned(w, lines)
}

// valueLine is a line of YAML and the comment behind it.
type valueLine struct{ text, comment string }

// lines gives the value with its own key, if that is below the given depth.
func (v Value) lines(below int) ([]valueLine, error) {
	depth := max(len(v.Path)-1, below)
	texts, err := entryLines(v.Path[min(depth, len(v.Path)):], v.Value)
	if err != nil {
		return nil, err
	}
	var out []valueLine
	if _, list := v.Value.([]any); list && depth == len(v.Path) && len(texts) > 1 {
		out = append(out, valueLine{comment: v.comment()}) // no line is that of the list as a whole
	}
	for i, text := range texts {
		line := valueLine{text: text}
		if text != "" {
			line.text = indent(depth-below) + text
		}
		if i == 0 && len(out) == 0 {
			line.comment = v.comment()
		}
		out = append(out, line)
	}
	return out, nil
}

// entryLines gives the YAML of a value behind its key, or of the value alone.
func entryLines(key []string, value any) ([]string, error) {
	const oneLine = 60 // a list that is no longer stands on the line of its key
	entry := value
	if len(key) > 0 {
		entry = map[string]any{key[0]: value}
	}
	text, err := manifest.EncodeShort(entry, oneLine)
	if err != nil {
		// The YAML library cannot write some texts that begin with an empty line or
		// a blank. JSON is YAML too.
		return jsonLine(key, value)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), nil
}

func jsonLine(key []string, value any) ([]string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	if len(key) == 0 {
		return []string{string(text)}, nil
	}
	name, err := json.Marshal(key[0])
	return []string{string(name) + ": " + string(text)}, err
}

func (v Value) comment() string {
	switch {
	case v.Origin == "":
		return ""
	case v.Removed != nil:
		return fmt.Sprintf("removed by %s, was in %s", v.Place, v.Removed)
	default:
		return v.String()
	}
}

func indent(depth int) string { return strings.Repeat("  ", depth) }

// writeAligned writes the comments in one column, but behind the longest lines.
func writeAligned(w io.Writer, lines []valueLine) error {
	const farthest = 64
	column := 0
	for _, l := range lines {
		if n := utf8.RuneCountInString(l.text); l.comment != "" && n <= farthest {
			column = max(column, n)
		}
	}
	var out bytes.Buffer
	for _, l := range lines {
		out.WriteString(l.text)
		if l.comment != "" {
			pad := max(column-utf8.RuneCountInString(l.text), 0)
			if l.text == "" {
				pad = 0
			} else {
				pad++
			}
			fmt.Fprintf(&out, "%s# %s", strings.Repeat(" ", pad), l.comment)
		}
		out.WriteString("\n")
	}
	_, err := w.Write(out.Bytes())
	return err
}

// Below gives the values at a path and below it.
func (v Values) Below(path []string) Values {
	return slices.DeleteFunc(slices.Clone(v), func(value Value) bool {
		return len(value.Path) < len(path) || !slices.Equal(value.Path[:len(path)], path)
	})
}
