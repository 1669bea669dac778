package chainsaw_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/sample"
)

// document mirrors what chainsaw.kyverno.io/v1alpha1 says of a Test, as far as
// the tests use it.
type document struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   metav1.ObjectMeta `json:"metadata"`
	Spec       struct {
		Description       string `json:"description"`
		Concurrent        *bool  `json:"concurrent"`
		Namespace         string `json:"namespace"`
		NamespaceTemplate struct {
			Metadata struct {
				Labels map[string]string `json:"labels"`
			} `json:"metadata"`
		} `json:"namespaceTemplate"`
		Template *bool `json:"template"`
		Steps    []struct {
			Name string      `json:"name"`
			Try  []operation `json:"try"`
		} `json:"steps"`
	} `json:"spec"`
}

type operation struct {
	Assert *struct {
		Resource corev1.ServiceAccount `json:"resource"`
	} `json:"assert"`
	Create *struct {
		Bindings []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"bindings"`
		DryRun bool `json:"dryRun"`
		Expect []struct {
			Check map[string]bool `json:"check"`
		} `json:"expect"`
		Resource corev1.Pod `json:"resource"`
	} `json:"create"`
}

// read decodes the tests of a file strictly: a field that is not in the types is
// an error, as it is for Chainsaw.
func read(t *testing.T, file string, data []byte) []document {
	t.Helper()
	docs, err := manifest.Split(file, data)
	if err != nil || len(docs) == 0 {
		t.Fatalf("%s: %d documents, %v", file, len(docs), err)
	}
	var out []document
	for _, doc := range docs {
		text, err := doc.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var d document
		if err := yaml.UnmarshalStrict(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, d)
	}
	return out
}

// check holds what a real cluster and Chainsaw want of a test.
func (d document) check(t *testing.T, file string) (admitted, refused int) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf(file+": test "+d.Metadata.Name+": "+format, args...)
	}
	if d.APIVersion != "chainsaw.kyverno.io/v1alpha1" || d.Kind != "Test" || d.Spec.Template == nil || *d.Spec.Template {
		fail("not a test as it should be: %+v", d)
	}
	for _, name := range []string{d.Metadata.Name, d.Spec.Namespace} {
		if msgs := validation.IsDNS1123Label(name); len(msgs) > 0 {
			fail("%q: %v", name, msgs)
		}
	}
	for key, value := range d.Spec.NamespaceTemplate.Metadata.Labels {
		if msgs := append(validation.IsQualifiedName(key), validation.IsValidLabelValue(value)...); len(msgs) > 0 {
			fail("label %s: %s: %v", key, value, msgs)
		}
	}
	names := map[string]bool{}
	for _, step := range d.Spec.Steps[1:] {
		c := step.Try[0].Create
		if len(step.Try) != 1 || c == nil || !c.DryRun {
			fail("%s: want one creation as a dry run", step.Name)
			continue
		}
		pod := c.Resource
		if names[pod.Name] || len(validation.IsDNS1123Label(pod.Name)) > 0 || !strings.HasPrefix(pod.Name, "chainsaw-") || pod.Namespace != "" {
			fail("pod %s/%s is not named well", pod.Namespace, pod.Name)
		}
		names[pod.Name] = true
		if !sample.Valid(&pod, "1.99") {
			fail("pod %s is not valid", pod.Name)
		}
		if strings.HasPrefix(step.Name, "admits ") != (len(c.Expect) == 0) || strings.HasPrefix(step.Name, "refuses ") != (len(c.Expect) == 1) {
			fail("step %q expects %v", step.Name, c.Expect)
		}
		if len(c.Expect) == 0 {
			admitted++
			continue
		}
		refused++
		for expression, want := range c.Expect[0].Check {
			for _, b := range c.Bindings {
				named := strings.HasPrefix(b.Value, "ValidatingAdmissionPolicy '") && strings.Contains(b.Value, "' denied request: ")
				if !want || !named || !strings.Contains(expression, "contains($error, $"+b.Name+")") {
					fail("%s: %s is to be %t, %s is %q", step.Name, expression, want, b.Name, b.Value)
				}
			}
		}
		if len(c.Bindings) == 0 || len(c.Expect[0].Check) != 1 {
			fail("%s: no words are expected", step.Name)
		}
	}
	return admitted, refused
}

// TestCommittedTests holds the suite of the repository's own chart against
// Chainsaw's schema.
func TestCommittedTests(t *testing.T) {
	files, err := filepath.Glob("../../chainsaw/*/chainsaw-test.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d tests, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var admitted, refused int
		for _, d := range read(t, file, data) {
			a, r := d.check(t, file)
			admitted, refused = admitted+a, refused+r
		}
		if admitted == 0 || refused == 0 {
			t.Errorf("%s: %d pods are admitted, %d refused", file, admitted, refused)
		}
	}
}
