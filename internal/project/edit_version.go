package project

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vapchart/vapchart/internal/manifest"
)

// SetVersion gives the project file with another version of the chart in it and every
// other byte as it was. A file that has none yet gets one.
func SetVersion(name string, data []byte, version string) ([]byte, error) {
	before, err := Read(name, data)
	if err != nil {
		return nil, fmt.Errorf("set version: %w", err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("set version: %w", err)
	}
	out := withVersion(data, root.Content[0], version)

	// What was written must read back as what was meant.
	plan, err := Read(name, out)
	before.Chart.Version = version
	if err != nil || !reflect.DeepEqual(plan, before) {
		_, chart := entry(root.Content[0], "chart")
		line := 1
		if chart != nil {
			line = chart.Line
		}
		return nil, fmt.Errorf("set version: %w", &manifest.Error{File: name, Line: line,
			Msg: "chart.version cannot be changed in place: write " + version + " there"})
	}
	return out, nil
}

// withVersion finds out how the chart is written, and writes the version so.
func withVersion(data []byte, root *yaml.Node, version string) []byte {
	lines := strings.SplitAfter(string(data), "\n")
	key, chart := entry(root, "chart")
	if chart == nil {
		end := ""
		if !bytes.HasSuffix(data, []byte("\n")) {
			end = "\n"
		}
		return append(bytes.Clone(data), end+"chart: {version: "+version+"}\n"...)
	}
	_, now := entry(chart, "version")
	switch {
	case now != nil:
		at := lines[now.Line-1]
		rest := at[now.Column-1:]
		written := regexp.MustCompile(`^(["']?)` + regexp.QuoteMeta(now.Value) + `(["']?)`).FindString(rest)
		lines[now.Line-1] = at[:now.Column-1] + strings.Replace(written, now.Value, version, 1) + rest[len(written):]
	case chart.Style&yaml.FlowStyle != 0:
		at := lines[chart.Line-1]
		comma := ", "
		if len(chart.Content) == 0 {
			comma = ""
		}
		lines[chart.Line-1] = at[:chart.Column] + "version: " + version + comma + at[chart.Column:]
	case chart.Kind == yaml.MappingNode:
		lines[key.Line-1] += strings.Repeat(" ", chart.Column-1) + "version: " + version + "\n"
	}
	return []byte(strings.Join(lines, ""))
}

// entry gives the key and the value of a mapping's key; nil where it has none.
func entry(m *yaml.Node, name string) (key, value *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}
