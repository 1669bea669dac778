package admission

import (
	"errors"
	goruntime "runtime"

	"golang.org/x/sync/errgroup"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/manifest"
)

// Objects is a set of rendered objects with the API's defaults, each list in
// the order of the documents.
type Objects struct {
	Policies   []Policy
	Bindings   []Binding
	Namespaces []Namespace
	Others     []Object // of any other kind; they may serve as parameters
}

// Policy is a ValidatingAdmissionPolicy and where it was read from.
type Policy struct {
	*admissionregistrationv1.ValidatingAdmissionPolicy
	Source
}

// Binding is a ValidatingAdmissionPolicyBinding and where it was read from.
type Binding struct {
	*admissionregistrationv1.ValidatingAdmissionPolicyBinding
	Source
}

// Namespace is a Namespace and where it was read from.
type Namespace struct {
	*corev1.Namespace
	Source
}

// Load reads rendered objects strictly: an unknown field, a value of the wrong
// type, an unknown kind of a built-in group and a version of the policy API
// other than v1 are errors. All of them are returned, joined, each a
// *manifest.Error.
func Load(docs []manifest.Document) (*Objects, error) {
	objs := &Objects{}
	decoded, errs := make([][]Object, len(docs)), make([]error, len(docs))
	var work errgroup.Group // decoding is most of the work
	work.SetLimit(goruntime.GOMAXPROCS(0))
	for i, doc := range docs {
		work.Go(func() error {
			decoded[i], errs[i] = DecodeAll(doc)
			return nil
		})
	}
	_ = work.Wait() // errs has the errors
	for i, all := range decoded {
		if errs[i] != nil {
			continue
		}
		for _, object := range all {
			errs[i] = errors.Join(errs[i], objs.add(object))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return objs, nil
}

// FromObjects makes a set of objects that were made in Go, as Load does of
// documents. They must be of built-in kinds, and stay as they are.
func FromObjects(objects ...runtime.Object) (*Objects, error) {
	objs := &Objects{}
	errs := make([]error, 0, len(objects))
	for _, object := range objects {
		u, err := FromTyped(object)
		if err == nil {
			err = objs.add(Object{Unstructured: u})
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return objs, nil
}

// add puts an object into the list of its kind.
func (o *Objects) add(object Object) error {
	switch object.GroupVersionKind().GroupKind().String() {
	case "ValidatingAdmissionPolicy.admissionregistration.k8s.io":
		policy := Policy{&admissionregistrationv1.ValidatingAdmissionPolicy{}, object.Source}
		o.Policies = append(o.Policies, policy)
		return fromV1(object, policy.ValidatingAdmissionPolicy)
	case "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io":
		binding := Binding{&admissionregistrationv1.ValidatingAdmissionPolicyBinding{}, object.Source}
		o.Bindings = append(o.Bindings, binding)
		return fromV1(object, binding.ValidatingAdmissionPolicyBinding)
	case "Namespace":
		namespace := Namespace{&corev1.Namespace{}, object.Source}
		o.Namespaces = append(o.Namespaces, namespace)
		return fromV1(object, namespace.Namespace)
	default:
		o.Others = append(o.Others, object)
		return nil
	}
}

func fromV1(object Object, into runtime.Object) error {
	if version := object.GroupVersionKind().Version; version != "v1" {
		return object.errorAt("apiVersion", object.GetKind()+" is of version "+version+", want v1")
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into)
}

// identity is what makes an object the same as another, and where it is.
type identity struct {
	group, kind, namespace, name string
	source                       Source
}

// all gives the identity of every object.
func (o *Objects) all() []identity {
	const group = admissionregistrationv1.GroupName
	out := make([]identity, 0, len(o.Policies)+len(o.Bindings)+len(o.Namespaces)+len(o.Others))
	for _, p := range o.Policies {
		out = append(out, identity{group, "ValidatingAdmissionPolicy", "", p.Name, p.Source})
	}
	for _, b := range o.Bindings {
		out = append(out, identity{group, "ValidatingAdmissionPolicyBinding", "", b.Name, b.Source})
	}
	for _, n := range o.Namespaces {
		out = append(out, identity{"", "Namespace", "", n.Name, n.Source})
	}
	for _, other := range o.Others {
		kind := other.GroupVersionKind()
		out = append(out, identity{kind.Group, kind.Kind, other.GetNamespace(), other.GetName(), other.Source})
	}
	return out
}
