package chainsaw

import (
	"bytes"
	"fmt"
	"path"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/tree"
)

// testFile is the name by which Chainsaw finds a test.
const testFile = "chainsaw-test.yaml"

// lineWidth is how long a part of a test may be to be written on one line.
const lineWidth = 76

// The part of Chainsaw's Test that is written.
type (
	testDocument struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Metadata   testMeta `json:"metadata"`
		Spec       testSpec `json:"spec"`
	}
	testMeta struct {
		Name string `json:"name"`
	}
	testSpec struct {
		Description string `json:"description"`
		// Concurrent is false for namespaces that other tests use too: where one
		// does not exist, Chainsaw makes it and removes it after the test.
		Concurrent        *bool              `json:"concurrent,omitempty"`
		Namespace         string             `json:"namespace"`
		NamespaceTemplate *namespaceTemplate `json:"namespaceTemplate,omitempty"`
		Steps             []testStep         `json:"steps"`
		Template          bool               `json:"template"` // whether Chainsaw looks for expressions in the pods
	}
	namespaceTemplate struct {
		Metadata struct {
			Labels map[string]string `json:"labels"`
		} `json:"metadata"`
	}
	testStep struct {
		Name string      `json:"name"`
		Try  []operation `json:"try"`
	}
	operation struct {
		Assert *assertion `json:"assert,omitempty"`
		Create *creation  `json:"create,omitempty"`
	}
	assertion struct {
		Resource map[string]any `json:"resource"`
	}
	creation struct {
		Bindings []binding      `json:"bindings,omitempty"`
		DryRun   bool           `json:"dryRun"`
		Expect   []expectation  `json:"expect,omitempty"`
		Resource map[string]any `json:"resource"`
	}
	binding struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	expectation struct {
		Check map[string]any `json:"check"`
	}
)

// write adds the file of a rule's or an exception's tests.
func write(into tree.Tree, name string, tests []test) error {
	var all bytes.Buffer
	head, err := header("test.tmpl", nil)
	if err != nil {
		return err
	}
	all.Write(head)
	for _, t := range tests {
		doc, err := document(t)
		if err != nil {
			return fmt.Errorf("write chainsaw test %s: %w", name, err)
		}
		text, err := manifest.EncodeShort(doc, lineWidth)
		if err != nil {
			return err
		}
		all.WriteString("---\n")
		all.Write(text)
	}
	return into.Add(path.Join(slug(name), testFile), all.Bytes())
}

func document(t test) (testDocument, error) {
	doc := testDocument{APIVersion: "chainsaw.kyverno.io/v1alpha1", Kind: "Test", Metadata: testMeta{t.name}}
	doc.Spec = testSpec{Description: t.description, Namespace: t.namespace.Name}
	if t.place.shared() {
		doc.Spec.Concurrent = new(bool)
	}
	if t.namespace.Labels != nil {
		doc.Spec.NamespaceTemplate = &namespaceTemplate{}
		doc.Spec.NamespaceTemplate.Metadata.Labels = t.namespace.Labels
	}
	// A namespace is ready for pods when its service account is there.
	doc.Spec.Steps = []testStep{{"waits for the namespace", []operation{{Assert: &assertion{map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": "default"}}}}}}}
	taken := map[string]bool{}
	for _, s := range t.steps {
		made, err := s.operation(taken)
		if err != nil {
			return testDocument{}, err
		}
		verb := "admits "
		if len(s.denials) > 0 {
			verb = "refuses "
		}
		doc.Spec.Steps = append(doc.Spec.Steps, testStep{verb + s.text(), []operation{made}})
	}
	return doc, nil
}

func (s step) text() string {
	if s.Origin != "" {
		return fmt.Sprintf("%s of %s", s.Text, s.Origin)
	}
	return s.Text
}
