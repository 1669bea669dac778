package proof_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
)

// changed gives a pod with something changed.
func changed(t testing.TB, pod *corev1.Pod, change func(*corev1.Pod)) *unstructured.Unstructured {
	t.Helper()
	pod = pod.DeepCopy()
	change(pod)
	return sampleOf(t, pod.Name, pod).object
}

// TestUpdates holds that an old pod which violates can be let go, that a new
// image is judged, and that `kubectl debug` does not walk past.
func TestUpdates(t *testing.T) {
	w := install(t, parse(t, "namespaces: {a: {profile: restricted}}"))
	root, fine := indicators(t)[2], sampleOf(t, "plain", ownPods(t)[0].pod)
	image := func(p *corev1.Pod) { p.Spec.Containers[0].Image = "registry.example/new:1" }
	debug := func(privileged bool) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			c := corev1.EphemeralContainerCommon{Name: "debug", Image: "registry.example/debug:1", SecurityContext: p.Spec.Containers[0].SecurityContext.DeepCopy()}
			if privileged {
				c.SecurityContext.Privileged = new(true)
			}
			p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, corev1.EphemeralContainer{EphemeralContainerCommon: c})
		}
	}
	for name, c := range map[string]struct {
		request admission.Request
		allowed bool
	}{
		"label of a violating pod": {admission.Request{OldObject: root.object, Object: changed(t, root.pod, func(p *corev1.Pod) { p.Labels = map[string]string{"a": "b"} })}, true},
		"finalizer of one":         {admission.Request{OldObject: changed(t, root.pod, func(p *corev1.Pod) { p.Finalizers = []string{"a/b"} }), Object: root.object}, true},
		"image of one":             {admission.Request{OldObject: root.object, Object: changed(t, root.pod, image)}, false},
		"image of a good pod":      {admission.Request{OldObject: fine.object, Object: changed(t, fine.pod, image)}, true},
		"a good pod turns bad":     {admission.Request{OldObject: fine.object, Object: changed(t, fine.pod, func(p *corev1.Pod) { p.Spec.HostPID = true })}, false},
		"a bad pod turns good":     {admission.Request{OldObject: root.object, Object: changed(t, root.pod, func(p *corev1.Pod) { p.Spec.SecurityContext.RunAsUser = nil })}, true},
		"privileged debug":         {admission.Request{OldObject: fine.object, Object: changed(t, fine.pod, debug(true)), Subresource: "ephemeralcontainers"}, false},
		"modest debug":             {admission.Request{OldObject: fine.object, Object: changed(t, fine.pod, debug(false)), Subresource: "ephemeralcontainers"}, true},
		"deletion":                 {admission.Request{OldObject: root.object}, true},
	} {
		if r := w.ask(t, "a", c.request); r.Allowed() != c.allowed || len(r.Warnings()) > 0 {
			t.Errorf("%s: %q, warnings %v, want allowed %t", name, r.Message(), r.Warnings(), c.allowed)
		}
	}
}

// TestExemptions tries who and what is never judged, pods and controllers alike,
// and names that only look like an exempt one.
func TestExemptions(t *testing.T) {
	w := install(t, parse(t, `
controllers: deny
defaults: {profile: restricted, warn: restricted, audit: restricted}
exemptions: {users: ["o'brien <x&y>", "system:serviceaccount:kube-system:builder"], groups: [wheel], runtimeClasses: [kata, "g'visor"]}`))
	root := indicators(t)[2]
	class := func(name string) *corev1.Pod {
		pod := root.pod.DeepCopy()
		pod.Spec.RuntimeClassName = &name
		return pod
	}
	for name, c := range map[string]struct {
		pod     *corev1.Pod
		user    admission.User
		allowed bool
	}{
		"nobody":              {root.pod, admission.User{}, false},
		"user":                {root.pod, admission.User{Name: "o'brien <x&y>"}, true},
		"service account":     {root.pod, admission.User{Name: "system:serviceaccount:kube-system:builder"}, true},
		"account elsewhere":   {root.pod, admission.User{Name: "system:serviceaccount:kube-system2:builder"}, false},
		"user named as group": {root.pod, admission.User{Name: "wheel"}, false},
		"group":               {root.pod, admission.User{Name: "eve", Groups: []string{"a", "wheel"}}, true},
		"group named as user": {root.pod, admission.User{Name: "eve", Groups: []string{"o'brien <x&y>"}}, false},
		"longer group":        {root.pod, admission.User{Name: "eve", Groups: []string{"wheels"}}, false},
		"runtime class":       {class("kata"), admission.User{}, true},
		"quoted class":        {class("g'visor"), admission.User{}, true},
		"other class":         {class("kata2"), admission.User{}, false},
	} {
		object := sampleOf(t, name, c.pod).object
		if r := w.ask(t, "a", admission.Request{Object: object, User: c.user}); r.Allowed() != c.allowed {
			t.Errorf("%s: pod allowed is %t: %s", name, !c.allowed, r.Message())
		}
		for kind, o := range controllersOf(t, c.pod) {
			if r := w.ask(t, "a", admission.Request{Object: o, User: c.user}); r.Allowed() != c.allowed {
				t.Errorf("%s: %s allowed is %t: %s", name, kind, !c.allowed, r.Message())
			}
		}
	}
}
