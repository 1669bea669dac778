package e2e_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/admission"
)

// good is a pod that complies with restricted.
const good = `
apiVersion: v1
kind: Pod
metadata: {name: good}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: main
    image: example.org/main:1
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
`

// bad is a pod that does not even comply with baseline.
const bad = `
apiVersion: v1
kind: Pod
metadata: {name: bad, finalizers: [e2e.example.org/held]}
spec:
  hostNetwork: true
  containers:
  - name: main
    image: example.org/main:1
    securityContext: {privileged: true}
`

// TestPods installs the chart with the values of the examples where a pod that violates
// them is there already, and changes, debugs and makes pods.
func TestPods(t *testing.T) {
	t.Parallel()
	w := takeClean(t)
	namespace(t, w, "mw-old", nil)
	if got := create(t, w.control.Config, object(t, "bad", bad), "mw-old", false); got.err != nil {
		t.Fatal(got.err)
	}
	v := readValues(t, "values.yaml")
	w.installing(t, chartFolder, v)
	w.know(t, v)
	t.Run("old pods", w.oldPods)
	t.Run("debug", w.debugs)
	t.Run("new namespace", w.newNamespace)
}

// debugs adds ephemeral containers to a running pod, as kubectl debug does.
func (w *world) debugs(t *testing.T) {
	const name = "mw-debug"
	namespace(t, w, name, nil)
	if got := create(t, w.control.Config, object(t, "good", good), name, false); got.err != nil {
		t.Fatal(got.err)
	}
	no, yes := false, true
	context := func(privileged *bool) *corev1.SecurityContext {
		return &corev1.SecurityContext{
			Privileged: privileged, AllowPrivilegeEscalation: privileged,
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		}
	}
	if got := w.debug(t, name, "good", context(&yes)); got.denial() == "" {
		t.Errorf("a privileged container is not refused: %v", got.err)
	}
	if got := w.debug(t, name, "good", context(&no)); got.err != nil {
		t.Errorf("a compliant container: %v", got.err)
	}
}

// debug adds an ephemeral container to a pod, and asks the offline judge too.
func (w *world) debug(t *testing.T, namespace, pod string, context *corev1.SecurityContext) answer {
	t.Helper()
	before := w.pod(t, namespace, pod)
	after := before.DeepCopy()
	after.Spec.EphemeralContainers = append(after.Spec.EphemeralContainers, corev1.EphemeralContainer{
		EphemeralContainerCommon: corev1.EphemeralContainerCommon{
			Name: "debug", Image: "example.org/debug:1", SecurityContext: context,
			ImagePullPolicy: corev1.PullAlways, TerminationMessagePath: "/dev/termination-log", TerminationMessagePolicy: "File",
		},
	})
	_, err := w.CoreV1().Pods(namespace).UpdateEphemeralContainers(t.Context(), pod, after, metav1.UpdateOptions{})
	got := answer{err: err}
	agree(t, "ephemeral container", got, w.review(t, admission.Request{
		Object: typed(t, after), OldObject: typed(t, before), Subresource: "ephemeralcontainers", Namespace: namespace,
	}))
	return got
}

// oldPods meets the pod that was there before the chart and violates it.
func (w *world) oldPods(t *testing.T) {
	const name = "mw-old"
	if got := create(t, w.control.Config, object(t, "bad", bad), name, true); got.denial() == "" {
		t.Fatalf("a new pod of that kind is not refused: %v", got.err)
	}
	w.change(t, name, "a new image", false, func(p *corev1.Pod) { p.Spec.Containers[0].Image = "example.org/main:2" })
	if got := w.debug(t, name, "bad", nil); got.denial() == "" {
		t.Errorf("a new container is not judged: %v", got.err)
	}
	w.change(t, name, "a label", true, func(p *corev1.Pod) { p.Labels = map[string]string{"new": "label"} })
	if err := w.CoreV1().Pods(name).Delete(t.Context(), "bad", metav1.DeleteOptions{}); err != nil {
		t.Errorf("deletion: %v", err)
	}
	w.change(t, name, "the finalizer", true, func(p *corev1.Pod) { p.Finalizers = nil })
	w.awaitPods(t, name, 0)
}

// change updates the pod that violates, and wants it to pass or not.
func (w *world) change(t *testing.T, namespace, what string, pass bool, change func(*corev1.Pod)) {
	t.Helper()
	before := w.pod(t, namespace, "bad")
	after := before.DeepCopy()
	change(after)
	_, err := w.CoreV1().Pods(namespace).Update(t.Context(), after, metav1.UpdateOptions{})
	got := answer{err: err}
	if (err == nil) != pass {
		t.Errorf("%s: %v", what, err)
	}
	agree(t, what, got, w.review(t, admission.Request{Object: typed(t, after), OldObject: typed(t, before), Namespace: namespace}))
}

// newNamespace makes a namespace after the chart: it is covered at once.
func (w *world) newNamespace(t *testing.T) {
	namespace(t, w, "mw-new", nil)
	if got := create(t, w.control.Config, object(t, "bad", bad), "mw-new", true); got.denial() == "" {
		t.Errorf("by its name: %v", got.err)
	}
	w.upgrade(t, values{"namespaceBinding": "label"})
	namespace(t, w, "labelled", map[string]string{domain + "/profile": "restricted"})
	if got := create(t, w.control.Config, object(t, "bad", bad), "labelled", true); got.denial() == "" {
		t.Errorf("by its label: %v", got.err)
	}
}

func (w *world) pod(t *testing.T, namespace, name string) *corev1.Pod {
	t.Helper()
	out, err := w.CoreV1().Pods(namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func typed(t testing.TB, o runtime.Object) *unstructured.Unstructured {
	t.Helper()
	out, err := admission.FromTyped(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// podOf gives a written pod as its type.
func podOf(t testing.TB, name string, text []byte) *corev1.Pod {
	t.Helper()
	out := &corev1.Pod{}
	if err := yaml.UnmarshalStrict(text, out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}
