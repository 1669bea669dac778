package admission

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/vapchart/vapchart/internal/manifest"
)

// patches gives each case of a file of testdata/check as YAML.
func patches(t *testing.T, archive *txtar.Archive) map[string]string {
	t.Helper()
	var base map[string]any
	out := map[string]string{}
	for _, f := range archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".yaml")
		if !ok {
			continue
		}
		doc, err := manifest.One(f.Name, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		var patch map[string]any
		if err := doc.Decode(&patch); err != nil {
			t.Fatal(err)
		}
		if base == nil {
			base = patch
		}
		text, err := manifest.Encode(merge(base, patch))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(text)
	}
	return out
}

// merge applies a JSON merge patch.
func merge(base, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	out := map[string]any{}
	if b, ok := base.(map[string]any); ok {
		for k, v := range b {
			out[k] = v
		}
	}
	for k, v := range p {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = merge(out[k], v)
		}
	}
	return out
}

// referred are the policies that the bindings of the cases refer to.
const referred = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: with-params}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "true"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: without-params}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "true"}]
---
`

func TestCheck(t *testing.T) {
	for _, name := range []string{"policies", "bindings"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "check", name+".txtar")
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			cases := patches(t, archive)
			var want bytes.Buffer
			for _, f := range archive.Files {
				name, ok := strings.CutSuffix(f.Name, ".yaml")
				if !ok {
					continue
				}
				fmt.Fprintf(&want, "%s:\n", name)
				for _, f := range check(t, referred+cases[name]) {
					fmt.Fprintf(&want, "  %s: %s", f.Field, f.Detail)
					if len(f.Versions) > 0 {
						fmt.Fprintf(&want, " %v", f.Versions)
					}
					want.WriteString("\n")
				}
			}
			golden(t, file, archive, want.Bytes())
		})
	}
}

func check(t *testing.T, text string) []*Finding {
	t.Helper()
	findings, err := Check(load(t, "objects.yaml", text), []string{Oldest, Newest()})
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// golden holds a result against the file `want` of an archive.
func golden(t *testing.T, file string, archive *txtar.Archive, got []byte) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if i < 0 {
		i = len(archive.Files)
		archive.Files = append(archive.Files, txtar.File{Name: "want"})
	}
	if *update {
		archive.Files[i].Data = got
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(archive.Files[i].Data, got) {
		t.Errorf("%s says something else; got:\n%s", file, got)
	}
}
