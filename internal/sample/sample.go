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
