package admission

import (
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/manifest"
)

// TestDecodeErrors wants each error with its line, and all of a document.
func TestDecodeErrors(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"unknown fields": {
			"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  hostpid: true\n  containers:\n  - name: c\n    Image: x\n",
			[]string{`f.yaml:9: unknown field "spec.containers[0].Image"`, `f.yaml:6: unknown field "spec.hostpid"`},
		},
		"wrong type": {
			"apiVersion: v1\nkind: Pod\nspec:\n  hostPID: yes please\n",
			[]string{"f.yaml:4: spec.hostPID cannot be of type string"},
		},
		"wrong type in a list": {
			"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: [c]\n",
			[]string{"f.yaml:4: spec.containers.name cannot be of type array"},
		},
		"quantity": {
			"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - resources: {limits: {cpu: much}}\n",
			[]string{"f.yaml:1: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
		},
		"unknown kind of a built-in group": {
			"apiVersion: v1\nkind: Pdo\n", []string{`f.yaml:2: v1 has no kind "Pdo"`},
		},
		"no kind":       {"apiVersion: v1\n", []string{"f.yaml:1: apiVersion and kind must be set"}},
		"no version":    {"kind: Pod\n", []string{"f.yaml:1: apiVersion and kind must be set"}},
		"not an object": {"- a\n", []string{"f.yaml:1: want an object with apiVersion and kind"}},
		"in a list": {
			"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spc: {}\n- apiVersion: v1\n  kind: Nothing\n",
			[]string{`f.yaml:6: unknown field "spc"`, `f.yaml:8: v1 has no kind "Nothing"`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			doc, err := manifest.One("f.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			_, err = DecodeAll(doc)
			if err == nil || err.Error() != strings.Join(tt.want, "\n") {
				t.Errorf("got:\n%v\nwant:\n%s", err, strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestDecodeList(t *testing.T) {
	text := "apiVersion: v1\nkind: PodList\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n" +
		"- apiVersion: v1\n  kind: Pod\n  metadata: {name: b}\n"
	doc, err := manifest.One("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := DecodeAll(doc)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]string, 0, len(objects))
	for _, o := range objects {
		got = append(got, o.GetName()+" "+o.String())
	}
	if want := []string{"a f.yaml:4", "b f.yaml:5"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := Decode(doc); err == nil || err.Error() != "f.yaml:1: the document is a list, want one object" {
		t.Errorf("Decode of a list: %v", err)
	}
}

// TestDecodeCustom wants a kind that is not built in as it was written.
func TestDecodeCustom(t *testing.T) {
	doc, err := manifest.One("f.yaml", []byte("apiVersion: example.com/v1\nkind: Box\nspec: {empty: [], share: 0.5, count: 3, active: no}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"empty": []any{}, "share": 0.5, "count": int64(3), "active": false}
	if got := decodeDoc(t, doc).Object["spec"]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

// TestFromTyped wants the same of an object that was made in Go, which it must
// not change.
func TestFromTyped(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p"},
		Spec:       corev1.PodSpec{Volumes: []corev1.Volume{{Name: "v"}}, Containers: []corev1.Container{{Name: "c", Image: "i"}}},
	}
	before := pod.DeepCopy()
	got, err := FromTyped(pod)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := manifest.One("f.yaml", []byte("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v}], containers: [{name: c, image: i}]}}"))
	if err != nil {
		t.Fatal(err)
	}
	if want := decodeDoc(t, doc); !reflect.DeepEqual(got.Object, want.Object) {
		t.Errorf("got %v, want %v", got.Object, want.Object)
	}
	if !reflect.DeepEqual(pod, before) {
		t.Error("the pod was changed")
	}
}

func TestLoadErrors(t *testing.T) {
	text := "apiVersion: admissionregistration.k8s.io/v1beta1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: p}\n" +
		"---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nspec:\n  policy: p\n" +
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndate: {}\n"
	docs, err := manifest.Split("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Load(docs)
	want := "f.yaml:1: ValidatingAdmissionPolicy is of version v1beta1, want v1\n" +
		"f.yaml:8: unknown field \"spec.policy\"\n" +
		"f.yaml:13: unknown field \"date\""
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}
