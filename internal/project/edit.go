package project

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vapchart/vapchart/internal/manifest"
)

// SetUpstream gives the project file with another source in it and every other
// byte as it was, comments included: only the lines of the old source change.
func SetUpstream(name string, data []byte, u Upstream) ([]byte, error) {
	doc, err := manifest.One(name, data)
	if err != nil {
		return nil, fmt.Errorf("set upstream: %w", err)
	}
	before, err := Read(name, data)
	if err != nil {
		return nil, fmt.Errorf("set upstream: %w", err)
	}
	lines := slices.DeleteFunc(bytes.SplitAfter(data, []byte("\n")), func(l []byte) bool { return len(l) == 0 })
	at := placeOf(doc, len(lines))
	var out bytes.Buffer
	out.Write(bytes.Join(lines[:at.first-1], nil))
	if at.first > 1 && !bytes.HasSuffix(out.Bytes(), []byte("\n")) {
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, at.format, u)
	out.Write(bytes.Join(lines[at.last:], nil))

	// What was written must read back as what was meant.
	plan, err := Read(name, out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("set upstream: %w", err)
	}
	before.Upstream = plan.Upstream
	if plan.Upstream.String() != u.String() || !reflect.DeepEqual(plan, before) {
		return nil, fmt.Errorf("set upstream: %w", doc.Errorf("the source cannot be changed in place: write %s below upstream", u))
	}
	return out.Bytes(), nil
}

// String gives the source as one line of YAML, as vapchart.yaml may hold it.
func (u Upstream) String() string {
	switch {
	case u.Git != nil:
		return fmt.Sprintf("git: {url: %s, ref: %s}", scalar(u.Git.URL), scalar(u.Git.Ref))
	case u.Directory != nil && u.Directory.Ref != "":
		return fmt.Sprintf("directory: {path: %s, ref: %s}", scalar(u.Directory.Path), scalar(u.Directory.Ref))
	case u.Directory != nil:
		return fmt.Sprintf("directory: {path: %s}", scalar(u.Directory.Path))
	default:
		return "builtin: {}"
	}
}

func scalar(s string) string {
	out, err := yaml.Marshal(s)
	if err != nil || bytes.ContainsAny(out, ",{}[]") {
		return fmt.Sprintf("%q", s)
	}
	return strings.TrimSpace(string(out))
}

// place is where the source stands in a project file: the lines that it takes up,
// none if last is before first, and how to write another one there.
type place struct {
	first, last int
	format      string
}

func placeOf(doc manifest.Document, lines int) place {
	for _, key := range []string{"git", "directory", "builtin"} {
		if first, last, ok := doc.Lines("upstream", key); ok {
			if first == doc.LineOf("upstream") && !doc.IsBlock("upstream") {
				return place{first, last, "upstream:\n  %s\n"} // all on one line: {builtin: {}}
			}
			return place{first, last, "  %s\n"}
		}
	}
	if first, _, ok := doc.Lines("upstream"); ok {
		return place{first + 1, first, "  %s\n"} // it holds a selection only
	}
	return place{lines + 1, lines, "upstream:\n  %s\n"}
}
