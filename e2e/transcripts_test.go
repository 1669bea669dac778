package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/check"
	"github.com/vapchart/vapchart/internal/cli"
)

// TestTranscripts does what the published pages tell, with the examples and
// their values.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	v := readValues(t, "values.yaml")
	w := install(t, v)
	for _, name := range []string{"mw-web", "web", "tools"} {
		namespace(t, w, name, nil)
	}
	t.Run("pods of a wiki", func(t *testing.T) {
		for _, name := range []string{"mw-web", "tools"} {
			wiki := example(t, "mediawiki.yaml")
			got := create(t, w.control.Config, wiki, name, false)
			agree(t, name, got, w.review(t, admission.Request{Object: decoded(t, wiki), Namespace: name}))
			if got.err != nil {
				t.Fatal(got.err)
			}
			w.awaitPods(t, name, 8)
		}
	})
	t.Run("a path that is not allowed", func(t *testing.T) { w.failsLater(t, "web") })
	t.Run("refused as check says", func(t *testing.T) {
		got := create(t, w.control.Config, example(t, "refused.yaml"), "", false)
		if want := checked(t); !slices.Contains(want, got.denial()) {
			t.Errorf("live %v, check %q", got.err, want)
		}
	})
	t.Run("controllers are refused", func(t *testing.T) {
		v["controllers"] = "deny"
		w.upgrade(t, v)
		wiki := example(t, "mediawiki.yaml")
		got := create(t, w.control.Config, wiki, "web", true)
		if got.denial() == "" {
			t.Errorf("the deployment is not refused: %v", got.err)
		}
		agree(t, "deployment", got, w.review(t, admission.Request{Object: decoded(t, wiki), Namespace: "web"}))
	})
}

// failsLater creates a deployment whose pods are not allowed: who creates it is
// warned, and the events of its replica set say why it has no pods, both in the
// words of the offline judge.
func (w *world) failsLater(t *testing.T, name string) {
	t.Helper()
	wiki := geoIPOnly(example(t, "mediawiki.yaml"))
	request := admission.Request{Object: decoded(t, wiki), Namespace: name}
	got := create(t, w.control.Config, wiki, name, false)
	agree(t, "deployment", got, w.review(t, request))
	if got.err != nil || len(got.warnings) == 0 {
		t.Fatalf("want it created with warnings, got %v and %q", got.err, got.warnings)
	}
	t.Cleanup(func() { // or it would have pods as soon as the policies are gone
		if err := w.AppsV1().Deployments(name).Delete(background(), wiki.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	request, ok, err := admission.PodRequest(request)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	request.Namespace = name
	denials := w.review(t, request).Denials()
	eventually(t, "the replica set tells why", func() error {
		events, err := w.CoreV1().Events(name).List(t.Context(), metav1.ListOptions{FieldSelector: "reason=FailedCreate"})
		if err != nil {
			return err
		}
		for _, e := range events.Items {
			for _, d := range denials {
				if e.InvolvedObject.Kind == "ReplicaSet" && strings.HasSuffix(e.Message, d.Denial()) {
					t.Log(e.Message)
					return nil
				}
			}
		}
		return fmt.Errorf("%d events, none of them with one of %v", len(events.Items), denials)
	})
	w.awaitPods(t, name, 0)
}

// geoIPOnly leaves of the wiki's wishes only the paths of the node.
func geoIPOnly(wiki *unstructured.Unstructured) *unstructured.Unstructured {
	containers, _, _ := unstructured.NestedSlice(wiki.Object, "spec", "template", "spec", "containers")
	for _, c := range containers {
		unstructured.RemoveNestedField(c.(map[string]any), "securityContext", "capabilities", "add")
	}
	_ = unstructured.SetNestedSlice(wiki.Object, containers, "spec", "template", "spec", "containers") // it is a map there
	return wiki
}

func (w *world) awaitPods(t testing.TB, namespace string, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s has %d pods", namespace, n), func() error {
		pods, err := w.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
		if err == nil && len(pods.Items) != n {
			err = fmt.Errorf("it has %d", len(pods.Items))
		}
		return err
	})
}

// checked gives the denials that `vapchart check` prints for the example, in the
// words of the API server.
func checked(t testing.TB) []string {
	t.Helper()
	var out, errs bytes.Buffer
	args := []string{"check", "-C", "..", "-f", "../examples/refused.yaml", "--values", "../examples/values.yaml", "-o", "json"}
	if code := cli.Main(t.Context(), args, cli.Streams{Out: &out, Err: &errs}); code != 3 {
		t.Fatalf("check: exit %d: %s", code, &errs)
	}
	var decisions []check.Decision
	if err := json.Unmarshal(out.Bytes(), &decisions); err != nil {
		t.Fatal(err)
	}
	var denials []string
	for _, d := range decisions[0].Denials {
		denials = append(denials, admission.Failure{Policy: d.Policy, Binding: d.Binding, Message: d.Message}.Denial())
	}
	return denials
}
