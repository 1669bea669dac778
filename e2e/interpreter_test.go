package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/manifest"
)

// chainsawTest is the part of Chainsaw's Test that the tool writes. What it does
// not know it refuses.
type chainsawTest struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   metav1.ObjectMeta `json:"metadata"`
	Spec       struct {
		Description       string
		Concurrent        *bool
		Namespace         string
		NamespaceTemplate *struct {
			Metadata struct{ Labels map[string]string }
		}
		Template bool
		Steps    []struct {
			Name string
			Try  []chainsawOperation
		}
	} `json:"spec"`
}

type chainsawOperation struct {
	Assert *struct{ Resource corev1.ServiceAccount }
	Create *struct {
		Bindings []struct{ Name, Value string }
		DryRun   bool `json:"dryRun"`
		Expect   []struct{ Check map[string]bool }
		Resource map[string]any
	}
}

// performance is what came of some tests.
type performance struct {
	sync.Mutex
	tests, admitted, denied int
	faults                  []error
	removed                 []string // namespaces that may not be gone yet
}

// perform does what Chainsaw would do with the tests below a folder, and tells
// what went wrong. As there, tests that are not concurrent come first, one by one.
func (p *project) perform(t *testing.T, folder string) *performance {
	t.Helper()
	done := &performance{}
	var together []chainsawTest
	for _, file := range chainsawFiles(t, folder) {
		for _, test := range readTests(t, file) {
			if test.Spec.Concurrent != nil && !*test.Spec.Concurrent {
				p.test(t, done, test)
			} else {
				together = append(together, test)
			}
		}
	}
	var work sync.WaitGroup
	for part := range slices.Chunk(together, max(1, (len(together)+3)/4)) {
		work.Go(func() {
			for _, test := range part {
				p.test(t, done, test)
			}
		})
	}
	work.Wait()
	for _, name := range done.removed {
		p.gone(t, name)
	}
	return done
}

func readTests(t *testing.T, file string) []chainsawTest {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := manifest.Split(file, data)
	if err != nil {
		t.Fatal(err)
	}
	var out []chainsawTest
	for _, doc := range docs {
		text, err := doc.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var test chainsawTest
		if err := yaml.UnmarshalStrict(text, &test); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if test.APIVersion != "chainsaw.kyverno.io/v1alpha1" || test.Kind != "Test" || test.Metadata.Name == "" {
			t.Fatalf("%s: no test: %+v", file, test)
		}
		out = append(out, test)
	}
	return out
}

// test performs one test, and removes the namespace if it had to make it.
func (p *project) test(t *testing.T, done *performance, test chainsawTest) {
	t.Helper()
	fault := func(format string, args ...any) {
		done.Lock()
		defer done.Unlock()
		done.faults = append(done.faults, fmt.Errorf("test "+test.Metadata.Name+": "+format, args...))
	}
	done.Lock()
	done.tests++
	done.Unlock()
	wanted := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: test.Spec.Namespace}}
	if test.Spec.NamespaceTemplate != nil {
		wanted.Labels = test.Spec.NamespaceTemplate.Metadata.Labels
	}
	all := p.CoreV1().Namespaces()
	if _, err := all.Get(t.Context(), wanted.Name, metav1.GetOptions{}); apierrors.IsNotFound(err) {
		if _, err := all.Create(t.Context(), wanted, metav1.CreateOptions{}); err != nil {
			fault("make namespace: %v", err)
			return
		}
		defer p.remove(t, done, wanted.Name, test.Spec.Concurrent != nil)
	}
	for _, step := range test.Spec.Steps {
		for _, operation := range step.Try {
			if err := p.operation(t, done, wanted.Name, operation); err != nil {
				fault("%s: %v", step.Name, err)
			}
		}
	}
}

// remove removes a namespace, and waits until it is gone where the next test may
// need it.
func (p *project) remove(t *testing.T, done *performance, name string, wait bool) {
	t.Helper()
	if err := p.CoreV1().Namespaces().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	if wait {
		p.gone(t, name)
		return
	}
	done.Lock()
	defer done.Unlock()
	done.removed = append(done.removed, name)
}

func (p *project) gone(t *testing.T, name string) {
	t.Helper()
	eventually(t, "namespace "+name+" is gone", func() error {
		_, err := p.CoreV1().Namespaces().Get(context.Background(), name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %w", err)
	})
}

// operation performs one operation.
func (p *project) operation(t *testing.T, done *performance, namespace string, o chainsawOperation) error {
	t.Helper()
	if o.Assert != nil {
		eventually(t, "the service account is there", func() error {
			_, err := p.CoreV1().ServiceAccounts(namespace).Get(t.Context(), o.Assert.Resource.Name, metav1.GetOptions{})
			return err
		})
		return nil
	}
	if o.Create == nil || !o.Create.DryRun {
		return fmt.Errorf("want a creation as a dry run, got %+v", o)
	}
	got := create(t, p.control.Config, &unstructured.Unstructured{Object: o.Create.Resource}, namespace, true)
	done.Lock()
	defer done.Unlock()
	if len(o.Create.Expect) == 0 {
		if got.err != nil {
			return fmt.Errorf("it is refused: %w", got.err)
		}
		done.admitted++
		return nil
	}
	if got.err == nil {
		return errors.New("it is admitted")
	}
	bound := map[string]string{"error": got.err.Error()}
	for _, b := range o.Create.Bindings {
		bound[b.Name] = b.Value
	}
	for _, e := range o.Create.Expect {
		for expression, want := range e.Check {
			holds, err := evaluate(expression, bound)
			if err != nil {
				return err
			}
			if holds != want {
				return fmt.Errorf("%s is %t; the error is %s", expression, holds, bound["error"])
			}
		}
	}
	done.denied++
	return nil
}

// evaluate evaluates an expression of the one kind that there is: whether a
// binding holds one of several others.
func evaluate(expression string, bound map[string]string) (bool, error) {
	if !strings.HasPrefix(expression, "(") || !strings.HasSuffix(expression, ")") {
		return false, fmt.Errorf("%q is no expression", expression)
	}
	for _, term := range strings.Split(expression[1:len(expression)-1], " || ") {
		names := regexp.MustCompile(`^contains\(\$(\w+), \$(\w+)\)$`).FindStringSubmatch(term)
		if names == nil || bound[names[1]] == "" || bound[names[2]] == "" {
			return false, fmt.Errorf("%q cannot be evaluated", term)
		}
		if bytes.Contains([]byte(bound[names[1]]), []byte(bound[names[2]])) {
			return true, nil
		}
	}
	return false, nil
}
