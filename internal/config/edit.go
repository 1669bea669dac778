package config

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vapchart/vapchart/internal/manifest"
)

// SetUpstream gives the project file with another source in it and every other
// byte as it was, comments included: only the lines of the old source change.
func SetUpstream(name string, data []byte, u Upstream) ([]byte, error) {
	first, last, err := sourceLines(name, data)
	if err != nil {
		return nil, err
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	var out bytes.Buffer
	out.Write(bytes.Join(lines[:first-1], nil))
	fmt.Fprintf(&out, "  %s\n", u)
	out.Write(bytes.Join(lines[last:], nil))

	// What was written must read back as what was meant.
	plan, err := Read(name, out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("set upstream: %w", err)
	}
	if plan.Upstream.String() != u.String() {
		return nil, fmt.Errorf("set upstream: %s: cannot change the source in place", name)
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

// sourceLines finds the lines that hold the source below `upstream:`.
func sourceLines(name string, data []byte) (first, last int, err error) {
	doc, err := manifest.One(name, data)
	if err != nil {
		return 0, 0, fmt.Errorf("set upstream: %w", err)
	}
	for _, key := range []string{"git", "directory", "builtin"} {
		if f, l, ok := doc.Lines("upstream", key); ok {
			return f, l, nil
		}
	}
	return 0, 0, fmt.Errorf("set upstream: %w", doc.Errorf("upstream names no source to change"))
}
