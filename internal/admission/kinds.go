package admission

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// endpoint is where objects of a kind are sent.
type endpoint struct {
	resource    schema.GroupVersionResource
	subresource string
	operation   Operation // of a request with such an object, where it is not CREATE
	namespaced  bool
}

// kinds knows the resources of kinds.
type kinds struct {
	custom map[schema.GroupVersionKind]endpoint // from CustomResourceDefinitions
	mapper runtime.EquivalentResourceRegistry
}

// newKinds learns custom kinds from the CustomResourceDefinitions among the objects.
func newKinds(others []Object) *kinds {
	k := &kinds{map[schema.GroupVersionKind]endpoint{}, equivalentResources()}
	for _, o := range others {
		if o.GroupVersionKind().GroupKind().String() == "CustomResourceDefinition.apiextensions.k8s.io" {
			k.learn(o.Unstructured)
		}
	}
	return k
}

// learn reads the names, scope and versions of a CustomResourceDefinition.
func (k *kinds) learn(crd *unstructured.Unstructured) {
	text := func(fields ...string) string {
		s, _, _ := unstructured.NestedString(crd.Object, fields...)
		return s
	}
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	for _, v := range versions {
		version, _ := v.(map[string]any)
		name, _ := version["name"].(string)
		gv := schema.GroupVersion{Group: text("spec", "group"), Version: name}
		k.custom[gv.WithKind(text("spec", "names", "kind"))] = endpoint{
			resource:   gv.WithResource(text("spec", "names", "plural")),
			namespaced: text("spec", "scope") == "Namespaced",
		}
	}
}

// endpointOf says where an object of a kind is sent. Of a custom kind that is
// not known, namespaced tells whether the object at hand names a namespace.
func (k *kinds) endpointOf(kind schema.GroupVersionKind, namespaced bool) (e endpoint, known bool) {
	if e, ok := subresourceKinds()[kind.GroupKind()]; ok {
		e.resource.Version = "v1"
		return e, true
	}
	if e, ok := k.custom[kind]; ok {
		return e, true
	}
	if scheme.Scheme.Recognizes(kind) {
		plural, _ := meta.UnsafeGuessKindToResource(kind) // right for every built-in kind
		return endpoint{resource: plural, namespaced: !slices.Contains(clusterKinds(), kind.Kind)}, true
	}
	resource := kind.GroupVersion().WithResource(plural(strings.ToLower(kind.Kind)))
	return endpoint{resource: resource, namespaced: namespaced}, false
}

// plural guesses the resource of a custom kind by the rules of English, as the
// generators of CustomResourceDefinitions do.
func plural(word string) string {
	ends := func(suffixes ...string) bool {
		return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(word, s) })
	}
	switch {
	case ends("s", "x", "z", "ch", "sh"):
		return word + "es"
	case ends("y") && !ends("ay", "ey", "iy", "oy", "uy"):
		return strings.TrimSuffix(word, "y") + "ies"
	default:
		return word + "s"
	}
}

// subresourceKinds are the built-in kinds that are only sent to subresources,
// where the subresource follows from the kind.
func subresourceKinds() map[schema.GroupKind]endpoint {
	at := func(path string, op Operation) endpoint {
		resource, sub, _ := strings.Cut(path, "/")
		return endpoint{schema.GroupVersionResource{Resource: resource}, sub, op, resource != "nodes"}
	}
	return map[schema.GroupKind]endpoint{
		{Group: "policy", Kind: "Eviction"}:                    at("pods/eviction", Create),
		{Group: "", Kind: "Binding"}:                           at("pods/binding", Create),
		{Group: "authentication.k8s.io", Kind: "TokenRequest"}: at("serviceaccounts/token", Create),
		{Group: "", Kind: "PodExecOptions"}:                    at("pods/exec", Connect),
		{Group: "", Kind: "PodAttachOptions"}:                  at("pods/attach", Connect),
		{Group: "", Kind: "PodPortForwardOptions"}:             at("pods/portforward", Connect),
		{Group: "", Kind: "PodProxyOptions"}:                   at("pods/proxy", Connect),
		{Group: "", Kind: "ServiceProxyOptions"}:               at("services/proxy", Connect),
		{Group: "", Kind: "NodeProxyOptions"}:                  at("nodes/proxy", Connect),
	}
}

// clusterKinds are the built-in kinds that live in no namespace.
func clusterKinds() []string {
	return []string{
		"CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding", "ClusterTrustBundle", "ComponentStatus",
		"CSIDriver", "CSINode", "DeviceClass", "DeviceTaintRule", "FlowSchema", "ImageReview", "IngressClass",
		"IPAddress", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
		"Namespace", "Node", "PersistentVolume", "PriorityClass", "PriorityLevelConfiguration",
		"ResourcePoolStatusRequest", "ResourceSlice", "RuntimeClass", "SelfSubjectAccessReview",
		"SelfSubjectReview", "SelfSubjectRulesReview", "ServiceCIDR", "StorageClass", "StorageVersion",
		"StorageVersionMigration", "SubjectAccessReview", "TokenReview", "ValidatingAdmissionPolicy",
		"ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "VolumeAttachment",
		"VolumeAttributesClass",
	}
}

// equivalentResources knows which resources are the same in another version,
// for policies with matchPolicy Equivalent. Only stable versions are served by
// every API server, so only these are there.
func equivalentResources() runtime.EquivalentResourceRegistry {
	registry := runtime.NewEquivalentResourceRegistryWithIdentity(func(r schema.GroupResource) string {
		if r.Resource == "events" { // one store under two groups
			return "events"
		}
		return ""
	})
	for _, gv := range scheme.Scheme.PrioritizedVersionsAllGroups() {
		if strings.Contains(gv.Version, "alpha") || strings.Contains(gv.Version, "beta") {
			continue
		}
		for kind := range scheme.Scheme.KnownTypes(gv) {
			plural, _ := meta.UnsafeGuessKindToResource(gv.WithKind(kind))
			registry.RegisterKindFor(plural, "", gv.WithKind(kind))
		}
	}
	return registry
}
