package admission

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Answer is all that policies say against the creation of an object, by what the API
// server does about it, each in the order of the documents. A failure is in every list
// that its actions name. An object of which nothing is denied is admitted.
type Answer struct {
	Denied, Warned, Audited []Failure
}

// Ask is Judge.Ask, or what is put together from several judges. It must be fit for
// several goroutines.
type Ask func(ctx context.Context, object *unstructured.Unstructured, namespace *corev1.Namespace) (Answer, error)

// Ask answers a request to create an object, in unstructured form, in a namespace, all
// else of which is left empty. The error is that of Review.
func (j *Judge) Ask(ctx context.Context, object *unstructured.Unstructured, namespace *corev1.Namespace) (Answer, error) {
	review, err := j.Review(ctx, Request{Object: object, Operation: Create, Namespace: namespace.Name, NamespaceObject: namespace})
	if err != nil {
		return Answer{}, err
	}
	return Answer{review.Denials(), review.Warned(), review.Audited()}, nil
}

// And adds what other policies say of the same object. Neither answer changes.
func (a Answer) And(b Answer) Answer {
	return Answer{slices.Concat(a.Denied, b.Denied), slices.Concat(a.Warned, b.Warned), slices.Concat(a.Audited, b.Audited)}
}

// Silent says whether nothing is said against the object.
func (a Answer) Silent() bool { return len(a.Denied)+len(a.Warned)+len(a.Audited) == 0 }

// NewNamespace makes a namespace with these labels, and the one with its name that the
// API server sets.
func NewNamespace(name string, labels map[string]string) *corev1.Namespace {
	all := map[string]string{corev1.LabelMetadataName: name}
	maps.Copy(all, labels)
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: all}}
}
