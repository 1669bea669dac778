package cli

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/admission"
)

// psaDomain begins the labels of Pod Security Admission.
const psaDomain = "pod-security.kubernetes.io/"

// leavesToPSA says whether objects of the chart step aside where Pod Security
// Admission does their work: such a policy has bindings whose names say so.
func leavesToPSA(objs *admission.Objects) bool {
	return slices.ContainsFunc(objs.Bindings, func(b admission.Binding) bool {
		return strings.HasPrefix(b.Name, b.Spec.PolicyName+"-psa-")
	})
}

// withoutPSA gives a namespace without labels of Pod Security Admission. That is how
// the policies say what holds there, whoever enforces it.
func withoutPSA(ns *corev1.Namespace) *corev1.Namespace {
	out := ns.DeepCopy()
	maps.DeleteFunc(out.Labels, func(key, _ string) bool { return strings.HasPrefix(key, psaDomain) })
	return out
}
