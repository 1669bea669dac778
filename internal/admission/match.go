package admission

import (
	"errors"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/generic"
	"k8s.io/apiserver/pkg/admission/plugin/policy/matching"
	"k8s.io/apiserver/pkg/authentication/user"
)

// attributes gives the request in the form in which the API server's own code
// takes it.
func (c *completed) attributes() admission.Attributes {
	var object, old runtime.Object // not a nil pointer in an interface
	if c.Object != nil {
		object = c.Object
	}
	if c.OldObject != nil {
		old = c.OldObject
	}
	info := &user.DefaultInfo{Name: c.User.Name, UID: c.User.UID, Groups: c.User.Groups, Extra: c.User.Extra}
	return admission.NewAttributesRecord(object, old, c.kind, c.Namespace, c.Name, c.Resource, c.Subresource,
		admission.Operation(c.Operation), c.options(), c.DryRun, info)
}

// options are those that a client sends which sets none.
func (c *completed) options() runtime.Object {
	var dryRun []string
	if c.DryRun {
		dryRun = []string{metav1.DryRunAll}
	}
	kind := func(name string) metav1.TypeMeta {
		return metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: name}
	}
	switch c.Operation {
	case Create:
		return &metav1.CreateOptions{TypeMeta: kind("CreateOptions"), DryRun: dryRun}
	case Update:
		return &metav1.UpdateOptions{TypeMeta: kind("UpdateOptions"), DryRun: dryRun}
	case Delete:
		return &metav1.DeleteOptions{TypeMeta: kind("DeleteOptions"), DryRun: dryRun}
	default:
		return nil
	}
}

// exempt says whether the API server asks no policy about a request: those for
// its own policies, so that a policy cannot lock itself in, and questions about
// identity and permissions. (Names: admissionResources of
// admission/plugin/policy/generic, and pkg/kubeapiserver/admission/exclusion.)
func exempt(r schema.GroupVersionResource) bool {
	exempted := map[string][]string{
		"admissionregistration.k8s.io": {
			"validatingadmissionpolicies", "validatingadmissionpolicybindings",
			"mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
		},
		"authentication.k8s.io": {"selfsubjectreviews", "tokenreviews"},
		"authorization.k8s.io": {
			"localsubjectaccessreviews", "selfsubjectaccessreviews",
			"selfsubjectrulesreviews", "subjectaccessreviews",
		},
	}
	return slices.Contains(exempted[r.Group], r.Resource)
}

// matcher gives the API server's matcher for a request.
func (j *Judge) matcher(c *completed) generic.PolicyMatcher {
	return generic.NewPolicyMatcher(matching.NewMatcher(namespaces{j.objs.Namespaces, c.NamespaceObject}, nil))
}

// namespaces finds namespaces for the API server's matcher. A namespace that is
// not known is taken to be there with nothing but its name, since a request to
// one that is not there would not come before a policy.
type namespaces struct {
	loaded []Namespace
	given  *corev1.Namespace // of the request; may be nil
}

// Get gives a namespace, never an error.
func (n namespaces) Get(name string) (*corev1.Namespace, error) {
	if n.given != nil && n.given.Name == name {
		given := n.given.DeepCopy()
		defaultNamespace(given)
		return given, nil
	}
	for _, ns := range n.loaded {
		if ns.Name == name {
			return ns.Namespace, nil
		}
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	defaultNamespace(ns)
	return ns, nil
}

// List is of the interface and never called.
func (n namespaces) List(labels.Selector) ([]*corev1.Namespace, error) {
	return nil, errors.New("list namespaces: not supported")
}

// interfaces gives the API server's code the one thing it asks for, since
// objects are never converted from one version to another here.
type interfaces struct {
	admission.ObjectInterfaces
	mapper runtime.EquivalentResourceMapper
}

// GetEquivalentResourceMapper implements admission.ObjectInterfaces.
func (i interfaces) GetEquivalentResourceMapper() runtime.EquivalentResourceMapper { return i.mapper }
