package overlay_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// objects are what a chart gives: two rules, one of them warned about as well, and
// an object of another kind.
const objects = `---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-host-path}
spec:
  failurePolicy: Fail
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]}
  validations:
  - expression: "object.spec.volumes.all(v, !has(v.hostPath))"
  - expression: "true"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-host-path}
spec: {policyName: no-host-path, validationActions: [Deny]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-host-path-psa}
spec: {policyName: no-host-path, validationActions: [Warn, Audit]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: labels}
rules: []
`

func split(t *testing.T, text string) []manifest.Document {
	t.Helper()
	docs, err := manifest.Split("objects.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func rendered(t *testing.T) tree.Tree {
	t.Helper()
	files, err := overlay.Rendered(split(t, objects), []overlay.Namespace{
		{Name: "web", Labels: map[string]string{"example.org/profile": "restricted"}},
		{Name: "batch", Labels: map[string]string{"example.org/profile": "baseline"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestRendered(t *testing.T) {
	files := rendered(t)
	want := "clusterrole-labels.yaml kustomization.yaml namespaces.yaml policies/no-host-path.yaml"
	if got := strings.Join(files.Paths(), " "); got != want {
		t.Errorf("files %s, want %s", got, want)
	}
	policies, err := manifest.Split("policies", files["policies/no-host-path.yaml"])
	if err != nil || len(policies) != 3 {
		t.Errorf("%d objects with the policy, %v; want it and its two bindings", len(policies), err)
	}
	if !strings.Contains(string(files["kustomization.yaml"]), "resources:\n- namespaces.yaml\n- clusterrole-labels.yaml\n- policies/no-host-path.yaml\n") {
		t.Errorf("the namespaces are not first:\n%s", files["kustomization.yaml"])
	}
	namespaces, err := manifest.Split("namespaces", files["namespaces.yaml"])
	if err != nil || len(namespaces) != 2 || namespaces[0].Scalar("metadata", "name") != "batch" ||
		namespaces[0].Scalar("metadata", "labels", "example.org/profile") != "baseline" {
		t.Errorf("namespaces, %v:\n%s", err, files["namespaces.yaml"])
	}
}

// TestRenderedQuotes holds that names and values that YAML would read as something
// else stay what they are, for kustomize, for this tool and for readers of YAML 1.1,
// and that ordinary ones stand there without quotes.
func TestRenderedQuotes(t *testing.T) {
	words := []string{"123", "null", "true", "1e3", "yes", "n", "off", "0x1f", "0b1", "08", "0o7", "1e-3", "2026-01-01", "1-2", "web-1"}
	var namespaces []overlay.Namespace
	for _, word := range words {
		namespaces = append(namespaces, overlay.Namespace{Name: word, Labels: map[string]string{"example.org/profile": word, "example.org/plain": "v1.31"}})
	}
	files, err := overlay.Rendered(nil, namespaces)
	if err != nil {
		t.Fatal(err)
	}
	text := string(files["namespaces.yaml"])
	for _, line := range []string{"  name: web-1\n", "    example.org/profile: web-1\n", "    example.org/plain: v1.31\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
	dir := t.TempDir()
	kustomization := "resources: [rendered]\npatches:\n- {target: {kind: Namespace, name: web-1}, patch: '- {op: add, path: /metadata/labels/a, value: b}'}\n"
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(kustomization), 0o644); err != nil {
		t.Fatal(err)
	}
	own, _, err := overlay.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	built, err := own.Build(files)
	if err != nil {
		t.Fatal(err)
	}
	read, err := manifest.Split("namespaces.yaml", files["namespaces.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	for who, docs := range map[string][]manifest.Document{"kustomize": built, "read": read} {
		var got []string
		for _, doc := range docs {
			data, err := doc.JSON()
			if err != nil {
				t.Fatal(err)
			}
			var ours, old corev1.Namespace
			if err := errors.Join(json.Unmarshal(data, &ours), yaml.Unmarshal(doc.Text(), &old)); err != nil {
				t.Fatalf("%s: %v in\n%s", who, err, doc.Text())
			}
			name := ours.Name
			if ours.Labels["example.org/profile"] != name || old.Name != name || old.Labels["example.org/profile"] != name {
				t.Errorf("%s: %+v, by YAML 1.1 %+v", who, ours.ObjectMeta, old.ObjectMeta)
			}
			got = append(got, name)
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(words)); !slices.Equal(got, want) {
			t.Errorf("%s: namespaces %q, want %q", who, got, want)
		}
	}
}

// TestRenderedRefuses holds that no object is lost because another has its file.
func TestRenderedRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"without a name": "kind: ClusterRole\nmetadata: {labels: {}}\n", "without a kind": "metadata: {name: a}\n",
	} {
		if _, err := overlay.Rendered(split(t, text), nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestBuild builds the overlays of testdata and compares what they change, or what
// is wrong with them, with what stands there.
func TestBuild(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) < 10 {
		t.Fatalf("found %d cases, %v", len(cases), err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			want := ""
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				name := filepath.Join(dir, f.Name)
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got := strings.ReplaceAll(told(t, filepath.Join(dir, "cluster")), filepath.ToSlash(dir)+"/", "")
			if got != want {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

// told gives an overlay's changes or errors, a line for each.
func told(t *testing.T, dir string) string {
	t.Helper()
	own, ok, err := overlay.Read(dir)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	if !ok {
		return "none\n"
	}
	if own.Plain() {
		return "plain\n"
	}
	files := rendered(t)
	after, err := own.Build(files)
	var out strings.Builder
	if err != nil {
		for _, e := range flatten(err) {
			out.WriteString("error: " + e.Error() + "\n")
			if policy.HintOf(e) == "" && strings.Contains(e.Error(), "patch") {
				t.Errorf("no hint: %v", e)
			}
		}
		return out.String()
	}
	before := split(t, objects)
	namespaces, err := manifest.Split("namespaces.yaml", files["namespaces.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	changes, err := overlay.Compare(append(before, namespaces...), after)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		out.WriteString(c.Kind + " " + c.Name)
		if c.Added {
			out.WriteString(" added")
		}
		if c.Removed {
			out.WriteString(" removed")
		}
		for _, f := range c.Fields {
			out.WriteString("; " + f.Path + ": " + f.Before + " -> " + f.After)
		}
		if c.Weakens != "" {
			out.WriteString("; weakens: " + c.Weakens)
		}
		out.WriteString("\n")
	}
	if len(changes) == 0 {
		out.WriteString("same\n")
	}
	return out.String()
}

func flatten(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range many.Unwrap() {
			out = append(out, flatten(e)...)
		}
		return out
	}
	return []error{err}
}
