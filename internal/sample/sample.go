// Package sample owns the pods that others are asked about: one for each thing that a
// control or an exception decides, what upstream's own tests try, and by which of them
// two sets of policies are compared. It knows what an API server wants of a pod before
// any policy is asked, completes a pod with that, and tells which pods it takes.
//
// It takes values, for the exceptions, and a version of Kubernetes. Pods come out with a
// name and a description, and in an order that is always the same. It asks no policy.
package sample

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Sample is an object that is offered in every place.
type Sample struct {
	Name   string                     `json:"name"` // unique
	Text   string                     `json:"text"` // what it is, such as "a pod with hostPID"
	Origin string                     `json:"origin,omitempty"`
	Size   int                        `json:"-"`      // of two that show the same, the smaller is shown
	Object *unstructured.Unstructured `json:"object"` // as the API server shows it to policies; not to be changed
}
