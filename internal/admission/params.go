package admission

import (
	"cmp"
	"fmt"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// paramSource is the loaded objects of one paramKind, in the form in which the
// API server's own code looks for parameters.
type paramSource struct {
	informer informers.GenericInformer
	scope    meta.RESTScope
	err      error // the kind is not known
}

// newParamSource gives the parameters of a policy; nothing for one without.
func newParamSource(kind *admissionregistrationv1.ParamKind, objs *Objects, k *kinds, namespace string) paramSource {
	if kind == nil {
		return paramSource{}
	}
	gvk := schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)
	candidates := slices.DeleteFunc(objs.candidates(), func(u *unstructured.Unstructured) bool {
		return u.GroupVersionKind() != gvk
	})
	e, known := k.endpointOf(gvk, slices.ContainsFunc(candidates, func(u *unstructured.Unstructured) bool {
		return u.GetNamespace() != ""
	}))
	if !known && len(candidates) == 0 {
		return paramSource{err: fmt.Errorf("failed to find resource referenced by paramKind: '%v'", gvk)}
	}
	scope := meta.RESTScopeRoot
	if e.namespaced {
		scope = meta.RESTScopeNamespace
	}
	var found []param
	for _, u := range candidates {
		if e.namespaced {
			u = placed(u, cmp.Or(u.GetNamespace(), namespace))
		}
		found = append(found, param{u})
	}
	slices.SortStableFunc(found, func(a, b param) int {
		return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
	return paramSource{informer: params{e.resource.GroupResource(), found}, scope: scope}
}

// candidates gives every object that may serve as a parameter.
func (o *Objects) candidates() []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	for _, other := range o.Others {
		out = append(out, other.Unstructured)
	}
	for _, n := range o.Namespaces {
		if u, err := FromTyped(n.Namespace); err == nil {
			out = append(out, u)
		}
	}
	return out
}

// param is a parameter. It converts to what it already is, without the round
// trip through JSON that an Unstructured makes for every evaluation.
type param struct{ *unstructured.Unstructured }

// ToUnstructured gives the object's content to the API server's CEL values.
func (p param) ToUnstructured() any { return p.Object }

// MarshalJSON makes ToUnstructured known to the library that looks for it.
func (p param) MarshalJSON() ([]byte, error) { return p.Unstructured.MarshalJSON() }

// DeepCopyObject gives a copy of the same type.
func (p param) DeepCopyObject() runtime.Object { return param{p.DeepCopy()} }

// params looks up parameters as the API server's informers do, but in a fixed order.
type params struct {
	resource schema.GroupResource
	objects  []param // sorted by namespace and name
}

// Informer gives an informer that has its objects.
func (p params) Informer() cache.SharedIndexInformer { return syncedInformer{} }

// Lister gives the objects.
func (p params) Lister() cache.GenericLister { return p }

// ByNamespace narrows the lookup.
func (p params) ByNamespace(namespace string) cache.GenericNamespaceLister {
	var in []param
	for _, o := range p.objects {
		if o.GetNamespace() == namespace {
			in = append(in, o)
		}
	}
	return params{p.resource, in}
}

// List gives the objects whose labels match.
func (p params) List(selector labels.Selector) ([]runtime.Object, error) {
	var out []runtime.Object
	for _, o := range p.objects {
		if selector.Matches(labels.Set(o.GetLabels())) {
			out = append(out, o)
		}
	}
	return out, nil
}

// Get gives the object of a name.
func (p params) Get(name string) (runtime.Object, error) {
	for _, o := range p.objects {
		if o.GetName() == name {
			return o, nil
		}
	}
	return nil, apierrors.NewNotFound(p.resource, name)
}

// syncedInformer is asked one thing only.
type syncedInformer struct{ cache.SharedIndexInformer }

// HasSynced says that the objects are all there.
func (syncedInformer) HasSynced() bool { return true }
