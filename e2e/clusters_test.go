package e2e_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
)

// TestClusters installs the chart with the values of each cluster in overlays/,
// looks at what the API server's type checker says, and tries the examples.
func TestClusters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		folders      []string
		wiki, other  string // namespaces
		pass, denied bool   // the wiki in the first, the bad pod in the other
	}{
		{folders: []string{"common", "wikikube", "wikikube-eqiad"}, wiki: "mw-eqiad", other: "svc-eqiad", pass: true, denied: true},
		{folders: []string{"common", "wikikube", "wikikube-codfw"}, wiki: "mw-codfw", other: "svc-codfw", pass: true, denied: true},
		{folders: []string{"common", "wikikube", "wikikube-staging"}, wiki: "mw-staging", other: "svc-staging", pass: true, denied: false},
		{folders: []string{"common", "dse-k8s-eqiad"}, wiki: "airflow-dse", other: "notebook-dse", pass: false, denied: true},
		{folders: []string{"common", "kapsule"}, wiki: "mw-kapsule", other: "svc-kapsule", pass: true, denied: false},
	} {
		t.Run(c.folders[len(c.folders)-1], func(t *testing.T) {
			t.Parallel()
			w := install(t, clusterValues(t, c.folders...))
			namespace(t, w, c.wiki, nil)
			namespace(t, w, c.other, nil)
			wiki := podOfController(t, example(t, "mediawiki.yaml"))
			if got := create(t, w.control.Config, wiki, c.wiki, true); (got.err == nil) != c.pass {
				t.Errorf("the wiki's pod in %s: %v", c.wiki, got.err)
			}
			got := create(t, w.control.Config, object(t, "bad", bad), c.other, true)
			if denied := got.denial() != ""; denied != c.denied || !denied && len(got.warnings) == 0 {
				t.Errorf("a bad pod in %s: %v, warnings %q", c.other, got.err, got.warnings)
			}
			w.typeChecked(t)
		})
	}
}

// podOfController gives the pod that a controller would make.
func podOfController(t *testing.T, controller *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	request, ok, err := admission.PodRequest(admission.Request{Object: decoded(t, controller), Namespace: controller.GetNamespace()})
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	pod := request.Object.DeepCopy()
	pod.SetName("tried")
	pod.SetNamespace("")
	pod.SetOwnerReferences(nil) // there is none in the cluster
	return pod
}
