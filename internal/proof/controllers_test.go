package proof_test

import (
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
)

// controllersOf gives an object of each of the eight kinds that make the pod.
func controllersOf(t testing.TB, pod *corev1.Pod) map[string]*unstructured.Unstructured {
	t.Helper()
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "a"}, Annotations: pod.Annotations}, Spec: *pod.Spec.DeepCopy()}
	selector := &metav1.LabelSelector{MatchLabels: template.Labels}
	meta := metav1.ObjectMeta{Name: "site"}
	kind := func(version, kind string) metav1.TypeMeta { return metav1.TypeMeta{APIVersion: version, Kind: kind} }
	job := batchv1.JobSpec{Template: template}
	out := map[string]*unstructured.Unstructured{}
	for _, o := range []runtime.Object{
		&appsv1.Deployment{TypeMeta: kind("apps/v1", "Deployment"), ObjectMeta: meta, Spec: appsv1.DeploymentSpec{Selector: selector, Template: template}},
		&appsv1.ReplicaSet{TypeMeta: kind("apps/v1", "ReplicaSet"), ObjectMeta: meta, Spec: appsv1.ReplicaSetSpec{Selector: selector, Template: template}},
		&appsv1.StatefulSet{TypeMeta: kind("apps/v1", "StatefulSet"), ObjectMeta: meta, Spec: appsv1.StatefulSetSpec{Selector: selector, Template: template}},
		&appsv1.DaemonSet{TypeMeta: kind("apps/v1", "DaemonSet"), ObjectMeta: meta, Spec: appsv1.DaemonSetSpec{Selector: selector, Template: template}},
		&corev1.ReplicationController{TypeMeta: kind("v1", "ReplicationController"), ObjectMeta: meta, Spec: corev1.ReplicationControllerSpec{Selector: template.Labels, Template: &template}},
		&batchv1.Job{TypeMeta: kind("batch/v1", "Job"), ObjectMeta: meta, Spec: job},
		&batchv1.CronJob{TypeMeta: kind("batch/v1", "CronJob"), ObjectMeta: meta, Spec: batchv1.CronJobSpec{Schedule: "* * * * *", JobTemplate: batchv1.JobTemplateSpec{Spec: job}}},
		&corev1.PodTemplate{TypeMeta: kind("v1", "PodTemplate"), ObjectMeta: meta, Template: template},
	} {
		object, err := admission.FromTyped(o)
		if err != nil {
			t.Fatal(err)
		}
		out[object.GetKind()] = object
	}
	return out
}

// TestControllersAreJudgedAsTheirPods holds, with `controllers: deny`, what is
// said of a controller of each kind against what is said of the pod, with and
// without exceptions.
func TestControllersAreJudgedAsTheirPods(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	c := readCatalogue(t)
	places := []place{{"restricted", "restricted", nil}, {"baseline", "baseline", nil}, {"excepted", "restricted", c.names()},
		{"wiki", "restricted", []string{"sys-ptrace", "geoip", "srv"}}}
	w := install(t, with(byName(c, places), values{"controllers": "deny"}))
	pods, denied := ownPods(t), 0
	for _, s := range fixtures(t) {
		if oneIn(3, s.name) {
			pods = append(pods, s)
		}
	}
	inParallel(pods, func(pod sample) {
		if len(pod.pod.Spec.EphemeralContainers) > 0 {
			return // no template may hold any
		}
		for kind, object := range controllersOf(t, pod.pod) {
			if !oneIn(4, kind+pod.name) {
				continue
			}
			at := places[len(kind+pod.name)%4]
			want := words(w.ask(t, at.name, admission.Request{Object: pod.object}))
			got := words(w.ask(t, at.name, admission.Request{Object: object}))
			if plain := strings.ReplaceAll(got, "-controllers: ", ": "); plain != want || (len(strings.TrimSpace(want)) > 0) != strings.Contains(got, "-controllers: ") {
				t.Errorf("%s with %s in %s:\n%s\nthe pod:\n%s", kind, pod.name, at.name, got, want)
			}
			if strings.Contains(got, "deny") {
				w.Lock()
				denied++
				w.Unlock()
			}
		}
	})
	if denied < 60 {
		t.Errorf("only %d controllers are denied", denied)
	}
}

// TestControllersValue tries what each value of `controllers` does about each
// kind, in each mode.
func TestControllersValue(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	root := indicators(t)[2]
	places := values{"enforced": values{"profile": "restricted"}, "warned": values{"warn": "restricted"}, "audited": values{"audit": "restricted"}, "open": values{}}
	want := map[string]string{ // denied, warned, audited
		"off enforced": "false false false", "off warned": "false false false", "off audited": "false false false",
		"warn enforced": "false true true", "warn warned": "false true false", "warn audited": "false false true",
		"deny enforced": "true false false", "deny warned": "false true false", "deny audited": "false false true",
	}
	for _, word := range []any{"off", false, "warn", "deny"} {
		w := install(t, with(silent(), values{"controllers": word, "namespaces": with(places, values{"kube-system": nil})}))
		for kind, object := range controllersOf(t, root.pod) {
			for at := range places {
				expected := want[strings.Replace(fmt.Sprint(word, " ", at), "false", "off", 1)]
				if at == "open" {
					expected = "false false false"
				}
				if got := w.effect(t, at, indicator{sample: sample{object: object}}); got != expected {
					t.Errorf("controllers: %v, %s in %s: denied, warned, audited %s, want %s", word, kind, at, got, expected)
				}
			}
		}
		if got := w.effect(t, "enforced", root); got != "true false false" {
			t.Errorf("controllers: %v: the pod gets %s", word, got)
		}
	}
}

// TestControllerUpdates holds that a controller is judged when its template
// changes, and only then.
func TestControllerUpdates(t *testing.T) {
	root := indicators(t)[2]
	w := install(t, parse(t, "{controllers: deny, namespaces: {a: {profile: restricted}}}"))
	kinds := controllersOf(t, root.pod)
	if len(kinds) != 8 {
		t.Errorf("%d kinds", len(kinds))
	}
	for kind, old := range kinds {
		same := old.DeepCopy()
		same.SetLabels(map[string]string{"touched": "yes"})
		same.SetFinalizers([]string{"example.org/hold"})
		if r := w.ask(t, "a", admission.Request{Object: same, OldObject: old}); !r.Allowed() || len(r.Warnings()) > 0 {
			t.Errorf("%s: an update of its metadata: %s %v", kind, r.Message(), r.Warnings())
		}
		pod := root.pod.DeepCopy()
		pod.Spec.Containers[0].Image = "registry.example/new:1"
		if r := w.ask(t, "a", admission.Request{Object: controllersOf(t, pod)[kind], OldObject: old}); r.Allowed() {
			t.Errorf("%s: a new image in a template that violates passes", kind)
		}
	}
}
