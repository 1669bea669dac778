package e2e_test

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
)

// answer is what the API server said to a request.
type answer struct {
	err      error
	warnings []string // of admission policies, sorted
}

// denial gives what an admission policy refused the request with, from its name
// on; empty if none did.
func (a answer) denial() string {
	if a.err == nil {
		return ""
	}
	text := a.err.Error()
	if i := strings.Index(text, "ValidatingAdmissionPolicy '"); i >= 0 {
		return text[i:]
	}
	return ""
}

// invalid says whether the API itself refused the object, before any policy.
func (a answer) invalid() bool { return apierrors.IsInvalid(a.err) && a.denial() == "" }

// create sends an object as a person would, into a namespace unless that is
// empty; dry means that nothing is stored.
func create(t testing.TB, config *rest.Config, object *unstructured.Unstructured, namespace string, dry bool) answer {
	t.Helper()
	var said warnings
	config = rest.CopyConfig(config)
	config.WarningHandler = &said
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
	object = object.DeepCopy()
	object.SetNamespace(cmp.Or(namespace, object.GetNamespace()))
	var options metav1.CreateOptions
	if dry {
		options.DryRun = []string{metav1.DryRunAll}
	}
	_, err = client.Resource(resource).Namespace(object.GetNamespace()).Create(t.Context(), object, options)
	return answer{err: err, warnings: said.ofPolicies()}
}

// warnings collects those that come with an answer.
type warnings struct {
	sync.Mutex
	texts []string
}

// HandleWarningHeader is called by client-go.
func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.Lock()
	defer w.Unlock()
	w.texts = append(w.texts, text)
}

func (w *warnings) ofPolicies() []string {
	var out []string
	for _, text := range w.texts {
		if strings.Contains(text, "ValidatingAdmissionPolicy") {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}

// example gives the only object of a file of examples/, as it stands there.
func example(t testing.TB, name string) *unstructured.Unstructured {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return object(t, name, string(data))
}

// object reads an object, as it is written.
func object(t testing.TB, name, text string) *unstructured.Unstructured {
	t.Helper()
	doc, err := manifest.One(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	data, err := doc.JSON()
	if err != nil {
		t.Fatal(err)
	}
	out := &unstructured.Unstructured{}
	if err := out.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	return out
}

// decoded gives an object as the offline judge takes it: with the API's defaults.
func decoded(t testing.TB, o *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	data, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := manifest.One(o.GetName(), data)
	if err != nil {
		t.Fatal(err)
	}
	out, err := admission.Decode(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out.Unstructured
}

// review asks the offline judge about the request in its namespace, which is
// taken as it is in the cluster unless the request has it.
func (w *world) review(t testing.TB, r admission.Request) *admission.Review {
	t.Helper()
	return w.ask(t, w.judge, r)
}

// ask is review by a judge of other objects.
func (w *world) ask(t testing.TB, judge *admission.Judge, r admission.Request) *admission.Review {
	t.Helper()
	if r.NamespaceObject == nil {
		r.NamespaceObject = w.namespace(t, r.Namespace)
	}
	if r.Object != nil {
		r.Object = r.Object.DeepCopy()
		r.Object.SetNamespace(r.Namespace)
	}
	out, err := judge.Review(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// agree fails the test unless live and offline give the same verdict in the same
// words. The API server tells one denial, the first that it comes upon.
func agree(t testing.TB, what string, live answer, offline *admission.Review) {
	t.Helper()
	var denials []string
	for _, d := range offline.Denials() {
		denials = append(denials, d.Denial())
	}
	denial := live.denial()
	switch {
	case live.err != nil && denial == "":
		t.Errorf("%s: live: %v", what, live.err)
	case denial == "" && len(denials) > 0:
		t.Errorf("%s: live it is admitted, offline %q", what, denials)
	case denial != "" && !slices.Contains(denials, denial):
		t.Errorf("%s: live %q, offline %q", what, denial, denials)
	}
	if reason := offline.Status(); denial != "" && reason != nil && apierrors.ReasonForError(live.err) != reason.Reason {
		t.Errorf("%s: live reason %s, offline %s", what, apierrors.ReasonForError(live.err), reason.Reason)
	}
	said := slices.Sorted(slices.Values(offline.Warnings()))
	if denial == "" && !slices.Equal(live.warnings, said) {
		t.Errorf("%s: live warnings %q, offline %q", what, live.warnings, said)
	}
}
