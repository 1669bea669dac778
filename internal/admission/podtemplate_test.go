package admission

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vapchart/vapchart/internal/manifest"
)

// TestPodRequest takes each file of testdata/podtemplate: the pod that comes of
// `object.yaml` is that of `want.yaml`, which is empty where there is none.
func TestPodRequest(t *testing.T) {
	files, err := filepath.Glob("testdata/podtemplate/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata/podtemplate: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := madePod(t, archive.Files[0].Data)
			if *update {
				archive.Files = []txtar.File{archive.Files[0], {Name: "want.yaml", Data: got}}
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := diff.Diff("want", archive.Files[1].Data, "got", got); len(d) > 0 {
				t.Errorf("%s", d)
			}
		})
	}
}

// madePod gives the request for the pod of a controller as YAML.
func madePod(t *testing.T, text []byte) []byte {
	t.Helper()
	doc, err := manifest.One("object.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	object, err := Decode(doc)
	if err != nil {
		t.Fatal(err)
	}
	before := object.DeepCopy()
	request, ok, err := PodRequest(Request{Object: object.Unstructured})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(encode(t, before.Object), encode(t, object.Object)) {
		t.Error("the controller was changed")
	}
	if !ok {
		return nil
	}
	return encode(t, map[string]any{
		"operation": request.Operation, "namespace": request.Namespace,
		"user": request.User.Name, "groups": request.User.Groups, "pod": request.Object.Object,
	})
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	out, err := manifest.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPodRequestKeepsTheNamespace holds that what is said about the request for
// the controller is said about that for its pod.
func TestPodRequestKeepsTheNamespace(t *testing.T) {
	doc, err := manifest.One("f.yaml", []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"))
	if err != nil {
		t.Fatal(err)
	}
	object, err := Decode(doc)
	if err != nil {
		t.Fatal(err)
	}
	request, ok, err := PodRequest(Request{Object: object.Unstructured, Namespace: "site", DryRun: true})
	if err != nil || !ok || request.Namespace != "site" || !request.DryRun {
		t.Errorf("got %+v, %t, %v", request, ok, err)
	}
	if _, ok, err := PodRequest(Request{Operation: Connect}); ok || err != nil {
		t.Errorf("a request without an object makes pods: %t, %v", ok, err)
	}
}

// TestPodRequestOfBrokenTemplate wants an error, not a pod without a spec.
func TestPodRequestOfBrokenTemplate(t *testing.T) {
	for _, template := range []any{"text", map[string]any{"spec": map[string]any{"containers": "text"}}} {
		u := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"template": template}}}
		u.SetGroupVersionKind(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"})
		if _, ok, err := PodRequest(Request{Object: u}); ok || err == nil {
			t.Errorf("%v: %t, %v", template, ok, err)
		}
	}
}
