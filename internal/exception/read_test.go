package exception_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/policies"
)

// copyOf gives the embedded library for a test to change.
func copyOf(t *testing.T, fsys fs.FS) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		out[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReadRefuses(t *testing.T) {
	const file = "exceptions/disallow-privileged-containers.yaml"
	replace := func(old, with string) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			text := string(m[file].Data)
			if !strings.Contains(text, old) {
				t.Fatalf("%s does not hold %q", file, old)
			}
			m[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, with, 1))}
		}
	}
	tests := map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"unknown field":       {replace("allows:", "alows:"), file + ":2: field alows not found"},
		"unknown rule":        {replace("rule: disallow-privileged", "rule: allow-privileged"), file + `:1: rule "allow-privileged-containers" is not a built-in one`},
		"other file name":     {replace("rule: disallow-privileged-containers", "rule: disallow-host-path"), "the file is not called disallow-host-path.yaml"},
		"no version":          {replace("since: v1.0", "since: 1.0"), file + `:3: since is "1.0"`},
		"no key":              {replace("[privileged]", "[]"), file + ":2: allows is empty"},
		"unknown key":         {replace("[privileged]", "[privilege]"), file + `:2: allows: there is no key "privilege"`},
		"key twice":           {replace("[privileged]", "[privileged, privileged]"), "allows: privileged is there twice"},
		"key of another rule": {replace("[privileged]", "[privileged, hostPaths]"), "allows: hostPaths does not touch control privileged"},
		"foreign prefix":      {replace("- name: exOfPrivileged", "- name: privileged"), `variable "privileged" does not begin with exOf`},
		"reserved prefix":     {replace("- name: exOfPrivileged", "- name: exByPrivileged"), `does not begin with exOf`},
		"variable twice":      {replace("- name: exOfPrivileged", "- name: exOfContainers"), "variable exOfContainers is there twice"},
		"unknown variable":    {replace("variables.exPrivileged ?", "variables.exCapabilities ?"), "cel: there is no variable exCapabilities"},
		"looks ahead":         {replace("variables.exPrivileged ?", "variables.exOfPrivileged ?"), "cel: there is no variable exOfPrivileged"},
		"other part of object": {replace("dyn(object.spec.containers)", "dyn(object.status.containers)"),
			"cel: reads object.status, want object.spec"},
		"optional object": {replace("dyn(object.spec.containers)", "dyn(object.?spec.containers)"), "cel: reads object, want"},
		"old object":      {replace("dyn(object.spec.containers)", "dyn(oldObject.spec.containers)"), "cel: reads oldObject.spec"},
		"namespace object": {replace("variables.exPrivileged ?", "namespaceObject.metadata.name == '' ?"),
			"cel: reads namespaceObject.metadata"},
		"broken CEL":   {replace("variables.exPrivileged ?", "variables.exPrivileged ? ?"), "cel: Syntax error"},
		"empty CEL":    {replace("expression: variables.exOfPrivileged.size() == 0", `expression: ""`), "expression is missing"},
		"no message":   {replace("message: >-", "message: |-"), "message is not one line of text"},
		"no note":      {replace("+ variables.exNote", "+ '.'"), "messageExpression does not end with + variables.exNote"},
		"note in text": {replace("+ variables.exNote", "+ '+ variables.exNote'"), "messageExpression does not end with + variables.exNote"},
		"missing file": {func(m fstest.MapFS) { delete(m, file) }, "exceptions: no compensation for control privileged lists key privileged"},
		"other words": {replace("dyn(object.spec.containers) +", "dyn(object.spec.containers) + [] +"),
			"variable exOfContainers says something else in exceptions/disallow-capabilities-adding-capabilities.yaml"},
		"two documents": {func(m fstest.MapFS) { m[file].Data = append(m[file].Data, "---\nrule: x\n"...) }, "holds 2 YAML documents"},
		"no control": {func(m fstest.MapFS) {
			const name = "pod-security-cel/baseline/disallow-host-path/disallow-host-path.yaml"
			m[name].Data = []byte(strings.Replace(string(m[name].Data), "vapchart.dev/control", "vapchart.dev/other", 1))
		}, "disallow-host-path.yaml:1: metadata.annotations: vapchart.dev/control is missing"},
	}
	for name, test := range tests {
		m := copyOf(t, policies.FS)
		test.change(m)
		comps, err := exception.Read(m)
		if err == nil || !strings.Contains(err.Error(), test.want) || comps != nil {
			t.Errorf("%s: error is\n%v\nwant %s", name, err, test.want)
		}
	}
}

func TestReadGivesAllErrors(t *testing.T) {
	m := copyOf(t, policies.FS)
	for _, name := range []string{"disallow-host-path", "disallow-host-ports-none"} {
		file := m["exceptions/"+name+".yaml"]
		file.Data = append([]byte("unknown: true\n"), file.Data...)
	}
	_, err := exception.Read(m)
	if err == nil || strings.Count(err.Error(), "field unknown not found") != 2 {
		t.Errorf("error is %v", err)
	}
}

// Lines lead to the expression in the file.
func TestReadKeepsLines(t *testing.T) {
	for _, c := range readLibrary(t).comps {
		data, err := os.ReadFile(filepath.Join("../../policies/exceptions", c.Rule+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(data), "\n")
		for _, v := range c.Variables {
			if at := lines[v.Expression.Line-1]; !strings.HasPrefix(at, "  expression: ") || !strings.HasSuffix(lines[v.Expression.Line-2], v.Name) {
				t.Errorf("%s: variable %s is at line %d: %q", c.Rule, v.Name, v.Expression.Line, at)
			}
		}
		for _, v := range c.Validations {
			if at := lines[v.MessageExpression.Line-1]; !strings.HasPrefix(at, "  messageExpression: ") {
				t.Errorf("%s: message at line %d: %q", c.Rule, v.MessageExpression.Line, at)
			}
		}
	}
}
