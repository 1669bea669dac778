package release_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"helm.sh/helm/v3/pkg/provenance"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/release"
	"github.com/vapchart/vapchart/internal/tree"
)

func TestBundle(t *testing.T) {
	in := input(t, "1.2.3")
	bundle := build(t, in, nil)
	want := []string{
		"CHANGELOG.md", "COVERAGE.md", "LICENSE", "README.md", "SHA256SUMS", "VERDICTS.md",
		"overlays/common/values.yaml", "overlays/one/values.yaml", "provenance.intoto.json", "release.yaml",
		"rendered/one.yaml", "sbom.cdx.json", "small-1.2.3.tgz", "static/README.md", "static/one/no-host.yaml",
		"upstream.lock.yaml", "upstream/LICENSE", "upstream/a/a.yaml", "vapchart.yaml", "verify.sh",
	}
	if got := bundle.Paths(); !slices.Equal(got, want) {
		t.Errorf("the bundle holds\n%s", strings.Join(got, "\n"))
	}
	if again := build(t, input(t, "1.2.3"), nil); len(tree.Diff("", bundle, again)) > 0 {
		t.Error("the same input gave another bundle")
	}
	record, err := release.ParseRecord("release.yaml", bundle["release.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	if record.Version != "1.2.3" || record.Pin.Source != "builtin" || record.Tool.Version != "v9.9.9" || len(record.Digests) != 15 ||
		!strings.HasPrefix(record.Digests["upstream"], "h1:") || len(record.Digests["small-1.2.3.tgz"]) != 64 {
		t.Errorf("the record says %+v", record)
	}
	docs, err := manifest.Split("x", bundle["rendered/one.yaml"])
	if err != nil || len(docs) != 7 {
		t.Errorf("rendered are %d objects, %v", len(docs), err)
	}
}

// TestNothingIsLacking holds that a release without what it must have is none,
// and that what is wrong is told all at once.
func TestNothingIsLacking(t *testing.T) {
	in := input(t, "1.2.3")
	in.Changelog, in.Verdicts = []byte("# Changelog\n\n## 1.2.30\n\n1.2.3 is not out\n"), nil
	_, err := release.Build(in)
	if err == nil || !strings.Contains(err.Error(), "CHANGELOG.md has no heading that names 1.2.3") || !strings.Contains(err.Error(), "which verdicts changed") ||
		!strings.Contains(policy.HintOf(err), "## 1.2.3") {
		t.Errorf("%v, hint %q", err, policy.HintOf(err))
	}
}

// TestStatic holds the static flavour against the API server's own loader, and
// that what the loader would refuse is left out and told.
func TestStatic(t *testing.T) {
	in := input(t, "1.2.3")
	static, left, err := release.Static(in.Clusters[0].Objects)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "static")
	if err := static.Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	objs, err := admission.LoadStatic(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(objs.Policies) != 1 || len(objs.Bindings) != 2 || objs.Policies[0].Name != "no-host.static.k8s.io" ||
		objs.Bindings[0].Name != "no-host-warn.static.k8s.io" || objs.Bindings[0].Spec.PolicyName != objs.Policies[0].Name ||
		objs.Policies[0].Labels["a"] != "yes" {
		t.Errorf("loaded %+v, %+v", objs.Policies, objs.Bindings)
	}
	if found, err := admission.Check(objs, []string{admission.Newest()}); err != nil || len(found) > 0 {
		t.Errorf("check: %v, %v", found, err)
	}
	want := []release.LeftOut{
		{Kind: "rbac.authorization.k8s.io/v1 ClusterRole", Name: "guard", Why: "only policies and their bindings can be static"},
		{Kind: "ValidatingAdmissionPolicy", Name: "of-params", Why: "it has parameters"},
		{Kind: "ValidatingAdmissionPolicy", Name: "unbound", Why: "nothing binds it"},
	}
	if !slices.Equal(left, want) {
		t.Errorf("left out: %+v", left)
	}
	readme := string(build(t, in, nil)["static/README.md"])
	for _, l := range want {
		if !strings.Contains(readme, "- "+l.Kind+" `"+l.Name+"`: "+l.Why) {
			t.Errorf("the README does not tell of %s:\n%s", l.Name, readme)
		}
	}
	// What the loader is for: the chart's own objects are no static manifests.
	if err := (tree.Tree{"x.yaml": build(t, in, nil)["rendered/one.yaml"]}).Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := admission.LoadStatic(dir); err == nil || !strings.Contains(err.Error(), ".static.k8s.io") {
		t.Errorf("the loader took names without the ending: %v", err)
	}
}

// TestSBOM holds the bill of materials against CycloneDX's own schema.
func TestSBOM(t *testing.T) {
	in := input(t, "1.2.3")
	text := build(t, in, nil)["sbom.cdx.json"]
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	schemas := filepath.Join(strings.TrimSpace(string(out)), "schema")
	compiler := jsonschema.NewCompiler()
	for url, file := range map[string]string{
		"http://cyclonedx.org/schema/bom-1.6.schema.json": "bom-1.6.schema.json", "http://cyclonedx.org/schema/spdx.schema.json": "spdx.schema.json",
		"http://cyclonedx.org/schema/jsf-0.82.schema.json": "jsf-0.82.schemax.json",
	} {
		data, err := os.ReadFile(filepath.Join(schemas, file))
		if err != nil {
			t.Skipf("the library's schemas are not there: %v", err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource(url, doc); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Error(err)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(text), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	components := *bom.Components
	if len(components) != 2+len(in.Tool.Modules) || len(*components[0].Components) != 2 || bom.Metadata.Timestamp != "" || bom.SpecVersion != cdx.SpecVersion1_6 {
		t.Errorf("%d components, made %q", len(components), bom.Metadata.Timestamp)
	}
	refs := map[string]bool{}
	for _, c := range components {
		if refs[c.BOMRef] || c.BOMRef == "" {
			t.Errorf("two components are %q", c.BOMRef)
		}
		refs[c.BOMRef] = true
	}
}

// TestStatement holds the statement to what in-toto and SLSA require, and its
// digests to the bundle.
func TestStatement(t *testing.T) {
	in := input(t, "1.2.3")
	in.Pin = release.Pin{Source: "https://example.org/p", Ref: "r", Commit: strings.Repeat("a", 40)}
	bundle := build(t, in, nil)
	var s struct {
		Type          string `json:"_type"`
		PredicateType string `json:"predicateType"`
		Subject       []struct {
			Name   string
			Digest map[string]string
		}
		Predicate struct {
			BuildDefinition struct {
				BuildType            string
				ExternalParameters   map[string]any
				ResolvedDependencies []struct {
					Name, URI string
					Digest    map[string]string
				}
			}
			RunDetails struct {
				Builder  struct{ ID string }
				Metadata map[string]any
			}
		}
	}
	if err := json.Unmarshal(bundle["provenance.intoto.json"], &s); err != nil {
		t.Fatal(err)
	}
	def := s.Predicate.BuildDefinition
	if s.Type != "https://in-toto.io/Statement/v1" || s.PredicateType != "https://slsa.dev/provenance/v1" || def.BuildType == "" ||
		def.ExternalParameters["version"] != "1.2.3" || s.Predicate.RunDetails.Builder.ID == "" || s.Predicate.RunDetails.Metadata != nil {
		t.Errorf("%+v", s)
	}
	record, err := release.ParseRecord("release.yaml", bundle["release.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range s.Subject {
		if sha, ok := sub.Digest["sha256"]; ok && record.Digests[sub.Name] != sha || !ok && len(sub.Digest["dirHash"]) != 64 {
			t.Errorf("%s: %v, the record says %s", sub.Name, sub.Digest, record.Digests[sub.Name])
		}
	}
	if len(s.Subject) != len(record.Digests)-1 { // all but the statement itself
		t.Errorf("%d subjects, %d digests", len(s.Subject), len(record.Digests))
	}
	if d := def.ResolvedDependencies[0]; d.URI != "git+https://example.org/p@r" || d.Digest["gitCommit"] != in.Pin.Commit || len(def.ResolvedDependencies) != 6 {
		t.Errorf("made of %+v", def.ResolvedDependencies)
	}
}

// TestHelmVerifies holds that Helm's own code takes the chart's signature.
func TestHelmVerifies(t *testing.T) {
	in := input(t, "1.2.3")
	secret, public := key(t, "releases")
	dir := t.TempDir()
	if err := build(t, in, &secret).Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	ring := filepath.Join(t.TempDir(), "keys.gpg")
	if err := os.WriteFile(ring, public, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := provenance.NewFromKeyring(ring, "")
	if err != nil {
		t.Fatal(err)
	}
	chart := filepath.Join(dir, "small-1.2.3.tgz")
	if v, err := s.Verify(chart, chart+".prov"); err != nil || v.FileName != "small-1.2.3.tgz" {
		t.Errorf("helm says %+v, %v", v, err)
	}
	if err := os.WriteFile(chart, append(in.Archive, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(chart, chart+".prov"); err == nil {
		t.Error("helm takes another chart")
	}
}
