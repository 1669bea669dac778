package pss_test

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// controlOfRule gives the control that a built-in rule's policy says it is.
func controlOfRule(t *testing.T, rules []policy.Rule) map[string]policy.Control {
	t.Helper()
	out := map[string]policy.Control{}
	for _, r := range rules {
		out[r.Name] = policy.Control(metadataOf(t, pss.Latest, r.Origin.Path).Annotations["vapchart.dev/control"])
	}
	return out
}

// arrived gives a pod as it reaches admission, with the API's defaults: as
// policies see it and as PSA does.
func arrived(t *testing.T, pod *corev1.Pod) (*unstructured.Unstructured, *corev1.Pod) {
	t.Helper()
	object, err := admission.FromTyped(pod)
	if err != nil {
		t.Fatal(err)
	}
	var out corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &out); err != nil {
		t.Fatal(err)
	}
	return object, &out
}

// askAlone gives the controls of a profile, overridden ones included, that
// refuse the pod at a version, sorted.
func askAlone(t *testing.T, version string, profile policy.Profile, pod *corev1.Pod) []policy.Control {
	t.Helper()
	oracle, err := pss.NewOracle(version)
	if err != nil {
		t.Fatal(err)
	}
	var out []policy.Control
	for _, c := range oracle.Controls() {
		if (c.Profile == policy.Baseline || c.Profile == profile) && oracle.Refuses(c.ID, pod) {
			out = append(out, c.ID)
		}
	}
	slices.Sort(out)
	return out
}
