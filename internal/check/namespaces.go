package check

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
)

// namespacesOf gives the namespaces among the manifests, by name. One that is
// there twice with other labels is an error, since either may be meant.
func namespacesOf(manifests []Object) (map[string]admission.Namespace, error) {
	out := map[string]admission.Namespace{}
	var errs []error
	for _, m := range manifests {
		if m.GroupVersionKind() != corev1.SchemeGroupVersion.WithKind("Namespace") {
			continue
		}
		ns := admission.Namespace{Namespace: &corev1.Namespace{}, Source: m.Source}
		errs = append(errs, runtime.DefaultUnstructuredConverter.FromUnstructured(m.Unstructured.Object, ns.Namespace))
		if other, ok := out[ns.Name]; ok && !maps.Equal(other.Labels, ns.Labels) {
			errs = append(errs, fmt.Errorf("read manifests: %w", &manifest.Error{File: m.file, Line: m.line,
				Msg: fmt.Sprintf("namespace %s has other labels than at %s", ns.Name, other.Source)}))
		}
		out[ns.Name] = ns
	}
	return out, errors.Join(errs...)
}

// labelsMatter says whether the policies look at the labels of namespaces.
func labelsMatter(objs *admission.Objects) bool {
	for _, b := range objs.Bindings {
		if selectsNamespaces(b.Spec.MatchResources) {
			return true
		}
	}
	for _, p := range objs.Policies {
		if selectsNamespaces(p.Spec.MatchConstraints) {
			return true
		}
		for _, cel := range expressions(p) {
			if strings.Contains(cel, "namespaceObject") {
				return true
			}
		}
	}
	return false
}

// selectsNamespaces looks for labels besides the one that holds the name.
func selectsNamespaces(m *admissionv1.MatchResources) bool {
	if m == nil || m.NamespaceSelector == nil {
		return false
	}
	for key := range m.NamespaceSelector.MatchLabels {
		if key != corev1.LabelMetadataName {
			return true
		}
	}
	for _, e := range m.NamespaceSelector.MatchExpressions {
		if e.Key != corev1.LabelMetadataName {
			return true
		}
	}
	return false
}

// expressions gives the CEL of a policy that can see the namespace's labels;
// match conditions cannot.
func expressions(p admission.Policy) []string {
	var out []string
	for _, v := range p.Spec.Variables {
		out = append(out, v.Expression)
	}
	for _, v := range p.Spec.Validations {
		out = append(out, v.Expression, v.MessageExpression)
	}
	return out
}
