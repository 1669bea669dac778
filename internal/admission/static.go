package admission

import (
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/admission/plugin/policy/manifest/loader"
)

// LoadStatic reads a folder of static manifests with the API server's own
// loader, for manifest-based admission: it refuses what such a folder may not
// hold, such as names without the ending that marks them, parameters, bindings
// without their policy, other kinds and unknown fields. What it gives has the
// API's defaults and is for Check.
func LoadStatic(dir string) (*Objects, error) {
	scheme := runtime.NewScheme()
	if err := admissionregistrationv1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("load static manifests: %w", err)
	}
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	policies, bindings, _, err := loader.LoadPolicyManifests(dir, codecs.UniversalDeserializer(),
		accept[*admissionregistrationv1.ValidatingAdmissionPolicy], accept[*admissionregistrationv1.ValidatingAdmissionPolicyBinding],
		func(b *admissionregistrationv1.ValidatingAdmissionPolicyBinding) string { return b.Spec.PolicyName })
	if err != nil {
		return nil, fmt.Errorf("load static manifests: %w", err)
	}
	all := make([]runtime.Object, 0, len(policies)+len(bindings))
	for _, p := range policies {
		all = append(all, p)
	}
	for _, b := range bindings {
		all = append(all, b)
	}
	return FromObjects(all...)
}

// accept takes objects of one type and leaves all others to the loader.
func accept[T metav1.Object](object runtime.Object) ([]T, error) {
	if one, ok := object.(T); ok {
		return []T{one}, nil
	}
	return nil, loader.ErrUnrecognizedType
}
