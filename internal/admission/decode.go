package admission

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/vapchart/vapchart/internal/manifest"
)

// Object is an object as the API server shows it to a policy, and where it was
// read from.
type Object struct {
	*unstructured.Unstructured
	Source
}

// Decode gives the object of a document as the API server shows it to a
// policy. A built-in kind goes through its Go type, which drops what is empty,
// and gets the defaults of the API; a kind that is not built in stays as it is.
// A field that the kind does not have is an error, as it is for kubectl. All
// errors of the document are returned, joined, each a *manifest.Error. A list
// is an error here; use DecodeAll.
func Decode(doc manifest.Document) (Object, error) {
	if isList(doc) {
		return Object{}, doc.Errorf("the document is a list, want one object")
	}
	objects, err := DecodeAll(doc)
	if err != nil {
		return Object{}, err
	}
	return objects[0], nil
}

// DecodeAll is Decode for a document that may be a list, such as the output of
// `kubectl get -o yaml`: it gives the items.
func DecodeAll(doc manifest.Document) ([]Object, error) {
	data, err := doc.JSON()
	if err != nil {
		return nil, err
	}
	items := []json.RawMessage{data}
	if isList(doc) {
		var list struct{ Items []json.RawMessage }
		if err := json.Unmarshal(data, &list); err != nil {
			return nil, doc.Errorf("read list: %v", err)
		}
		items = list.Items
	}
	var objects []Object
	var errs []error
	for i, item := range items {
		source := Source{Document: doc}
		if isList(doc) {
			source.item = fmt.Sprintf("items[%d].", i)
		}
		u, err := decode(source, item)
		objects, errs = append(objects, Object{u, source}), append(errs, err)
	}
	return objects, errors.Join(errs...)
}

// FromTyped gives an object that was made in Go as the API server would show it
// to a policy, as Decode does for one that was read. The object stays as it is.
// It must be of a built-in kind.
func FromTyped(object runtime.Object) (*unstructured.Unstructured, error) {
	kinds, _, err := scheme.Scheme.ObjectKinds(object)
	if err != nil {
		return nil, fmt.Errorf("convert object: %w", err)
	}
	return untyped(object.DeepCopyObject(), kinds[0])
}

func isList(doc manifest.Document) bool {
	_, kind := doc.TypeMeta()
	return strings.HasSuffix(kind, "List") && doc.Has("items")
}

func decode(source Source, data []byte) (*unstructured.Unstructured, error) {
	kind, err := kindOf(source, data)
	if err != nil {
		return nil, err
	}
	if !scheme.Scheme.Recognizes(kind) {
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(data); err != nil {
			return nil, source.errorAt("", err.Error())
		}
		return u, nil
	}
	strict := serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme.Scheme, scheme.Scheme,
		serializer.SerializerOptions{Strict: true})
	object, _, err := strict.Decode(data, nil, nil)
	if err != nil {
		return nil, decodeErrors(source, err)
	}
	return untyped(object, kind)
}

// untyped sets the defaults on a Go object, which it may change, and converts
// it once and for all: every policy that reads it then shares the result.
func untyped(object runtime.Object, kind schema.GroupVersionKind) (*unstructured.Unstructured, error) {
	setDefaults(object)
	object.GetObjectKind().SetGroupVersionKind(kind)
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return nil, fmt.Errorf("convert %s: %w", kind.Kind, err)
	}
	return &unstructured.Unstructured{Object: content}, nil
}

// kindOf reads an object's kind and refuses one that a built-in group does not
// have: no policy would match it, so a typo would pass for compliance.
func kindOf(source Source, data []byte) (schema.GroupVersionKind, error) {
	var meta runtime.TypeMeta
	if err := json.Unmarshal(data, &meta); err != nil {
		return schema.GroupVersionKind{}, source.errorAt("", "want an object with apiVersion and kind")
	}
	kind := schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind)
	if kind.Version == "" || kind.Kind == "" {
		return kind, source.errorAt("", "apiVersion and kind must be set")
	}
	if scheme.Scheme.IsVersionRegistered(kind.GroupVersion()) && !scheme.Scheme.Recognizes(kind) {
		return kind, source.errorAt("kind", fmt.Sprintf("%s has no kind %q", meta.APIVersion, meta.Kind))
	}
	return kind, nil
}
