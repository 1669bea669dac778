package psa_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/psa"
	"github.com/vapchart/vapchart/internal/pss"
)

// TestFind wants a finding only where the label refuses a pod that the policies admit:
// for an exception only where it is in force, and judged once where the same holds.
func TestFind(t *testing.T) {
	pod := func(exception, text string, change func(*corev1.PodSpec)) psa.Pod {
		p := pss.Probes()[0].Pod.DeepCopy()
		change(&p.Spec)
		return psa.Pod{Exception: exception, Text: text, Pod: p, Object: &unstructured.Unstructured{Object: map[string]any{"text": text}}}
	}
	hostPID, hostIPC := func(s *corev1.PodSpec) { s.HostPID = true }, func(s *corev1.PodSpec) { s.HostIPC = true }
	pods := []psa.Pod{
		pod("pid", "with hostPID", hostPID), pod("ipc", "with hostIPC", hostIPC), pod("", "that complies", func(*corev1.PodSpec) {}),
		pod("", "denied", hostPID), pod("", "admitted", hostPID), pod("", "admitted too", hostIPC),
	}
	asked := 0
	judge := func(_ context.Context, o *unstructured.Unstructured, _ *corev1.Namespace) (admission.Answer, error) {
		asked++
		if o.Object["text"] == "denied" {
			return admission.Answer{Denied: []admission.Failure{{Policy: "r"}}}, nil
		}
		return admission.Answer{Warned: []admission.Failure{{Policy: "r"}}}, nil
	}
	labels := func(value string) map[string]string { return map[string]string{psa.LabelEnforce: value} }
	in := []psa.Namespace{
		{Name: "a", Labels: labels("baseline"), Exceptions: []string{"pid"}, Same: "x"},
		{Name: "b", Labels: labels("baseline"), Exceptions: []string{"pid"}, Same: "x"},
		{Name: "open", Labels: labels("privileged"), Exceptions: []string{"pid", "ipc"}},
		{Name: "without", Labels: map[string]string{"pod-security.kubernetes.io/warn": "restricted"}, Exceptions: []string{"pid"}},
	}
	found, err := psa.Find(t.Context(), judge, "1.37", in, pods)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found.Shadowed {
		got = append(got, fmt.Sprint(f.Namespace, " ", f.Value, " ", f.Exception, " ", f.Allows))
	}
	for _, s := range found.Stricter {
		got = append(got, fmt.Sprint(s.Namespace, " ", s.Value, " ", s.Control, " ", s.Text, " ", s.Pods))
	}
	if want := []string{
		"a baseline pid [with hostPID]", "b baseline pid [with hostPID]",
		"a baseline hostNamespaces admitted 2", "b baseline hostNamespaces admitted 2",
	}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if asked != 4 {
		t.Errorf("%d pods were judged, want those of one namespace that the label refuses", asked)
	}
}

// TestRefusing wants the namespaces whose label refuses anything; what is misspelt
// counts as restricted there.
func TestRefusing(t *testing.T) {
	labels := map[string]map[string]string{"none": nil}
	for _, value := range []string{"restricted", "baseline", "privileged", "misspelt", ""} {
		labels["is-"+value] = map[string]string{psa.LabelEnforce: value}
	}
	if got := psa.Refusing(labels); !slices.Equal(got, []string{"is-baseline", "is-misspelt", "is-restricted"}) {
		t.Errorf("got %v", got)
	}
}
