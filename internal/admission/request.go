package admission

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
)

// Operation is what a request does.
type Operation string

// The operations that policies see.
const (
	Create  Operation = "CREATE"
	Update  Operation = "UPDATE"
	Delete  Operation = "DELETE"
	Connect Operation = "CONNECT"
)

// Request is a request to the API server. Only the object is needed; what is
// left empty follows from it.
type Request struct {
	// Object is the object as sent: nil for DELETE and, where the subresource
	// takes none, CONNECT. OldObject is the one that is there: for UPDATE and
	// DELETE. Both are as Decode gives them, and stay as they are. With an old
	// object and no operation the request is an UPDATE or, without a new one, a
	// DELETE.
	Object, OldObject *unstructured.Unstructured

	Operation Operation
	// Resource is what the request is sent to; it follows from the kind of the
	// object, for the subresources of pods too where they take a kind of their
	// own (Eviction, PodExecOptions and so on). For `pods/ephemeralcontainers`
	// set Subresource: the object is the whole pod, the operation an UPDATE.
	Resource    schema.GroupVersionResource
	Subresource string
	Name        string // of the object
	Namespace   string // that the request goes to; "default" where nothing else says

	// NamespaceObject is the namespace as it is in the cluster. If nil, it is
	// that of the judge's objects, or else one that has only its name.
	NamespaceObject *corev1.Namespace

	User   User
	DryRun bool
}

// User is who makes a request. Without a name it is "unknown", without groups
// it is in system:authenticated: what an API server always knows, a policy may
// read without has().
type User struct {
	Name   string
	UID    string
	Groups []string
	Extra  map[string][]string
}

// completed is a request of which everything is known.
type completed struct {
	Request
	kind schema.GroupVersionKind
}

// complete fills in what follows from the object, and refuses what no API
// server would bring before a policy.
func (j *Judge) complete(r Request) (*completed, error) {
	object := r.Object
	if object == nil {
		object = r.OldObject
	}
	if object == nil {
		if r.Operation != Connect || r.Resource.Resource == "" {
			return nil, errors.New("review request: it has no object")
		}
		object = &unstructured.Unstructured{Object: map[string]any{}}
	}
	c := &completed{r, object.GroupVersionKind()}
	fill(&c.User.Name, "unknown")
	if len(c.User.Groups) == 0 {
		c.User.Groups = []string{user.AllAuthenticated}
	}
	if r.OldObject != nil && r.OldObject.GroupVersionKind() != c.kind {
		return nil, fmt.Errorf("review %s: the old object is a %s, the new one a %s", object.GetName(),
			r.OldObject.GroupVersionKind(), c.kind)
	}
	namespaced := c.fillResource(j.kinds, object.GetNamespace() != "")
	c.fillOperation()
	if c.Name == "" {
		c.Name = object.GetName()
	}
	if err := c.fillNamespace(object.GetNamespace(), namespaced); err != nil {
		return nil, err
	}
	return c, c.validate()
}

// fillResource says whether the resource is in a namespace.
func (c *completed) fillResource(k *kinds, hasNamespace bool) (namespaced bool) {
	e, known := k.endpointOf(c.kind, hasNamespace || c.Namespace != "")
	if c.Resource.Resource == "" {
		c.Resource = e.resource
		if c.Subresource == "" {
			c.Subresource = e.subresource
			if c.Operation == "" {
				c.Operation = e.operation
			}
		}
	} else if !known || e.resource != c.Resource {
		return hasNamespace || c.Namespace != ""
	}
	return e.namespaced
}

func (c *completed) fillOperation() {
	switch {
	case c.Operation != "":
	case c.Object == nil:
		c.Operation = Delete
	case c.OldObject != nil || c.Subresource == "ephemeralcontainers":
		c.Operation = Update
	default:
		c.Operation = Create
	}
}

// fillNamespace finds the namespace as the API server does: a namespace itself
// is in the namespace of its own name.
func (c *completed) fillNamespace(ofObject string, namespaced bool) error {
	switch {
	case c.Resource == schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}:
		c.Namespace = c.Name
	case !namespaced:
		c.Namespace = ""
	case c.Namespace == "" && ofObject == "":
		c.Namespace = corev1.NamespaceDefault
	case c.Namespace == "":
		c.Namespace = ofObject
	case ofObject != "" && ofObject != c.Namespace:
		return fmt.Errorf("review %s: the object is of namespace %s, the request of %s", c, ofObject, c.Namespace)
	}
	if c.Resource.Resource != "namespaces" {
		c.Object = placed(c.Object, c.Namespace)
		c.OldObject = placed(c.OldObject, c.Namespace)
	}
	return nil
}

// placed gives an object with what the API server sets before it asks the
// policies: the namespace of the request, and a name made from generateName.
// The object itself stays as it is, since others may share it.
func placed(u *unstructured.Unstructured, namespace string) *unstructured.Unstructured {
	if u == nil {
		return nil
	}
	named := u.GetName() != "" || u.GetGenerateName() == ""
	if named && u.GetNamespace() == namespace {
		return u
	}
	content := make(map[string]any, len(u.Object))
	for k, v := range u.Object {
		content[k] = v
	}
	meta, _ := u.Object["metadata"].(map[string]any)
	copied := make(map[string]any, len(meta)+2)
	for k, v := range meta {
		copied[k] = v
	}
	content["metadata"] = copied
	out := &unstructured.Unstructured{Object: content}
	out.SetNamespace(namespace)
	if !named {
		out.SetName(u.GetGenerateName() + "00000")
	}
	return out
}

// validate holds the objects against the operation.
func (c *completed) validate() error {
	want := map[Operation][2]bool{ // whether it has an object, and an old one
		Create: {true, false}, Update: {true, true}, Delete: {false, true},
	}
	has := [2]bool{c.Object != nil, c.OldObject != nil}
	switch w, ok := want[c.Operation]; {
	case c.Operation == Connect:
		return nil
	case !ok:
		return fmt.Errorf("review %s: %q is not an operation", c, c.Operation)
	case c.kind.Version == "" || c.kind.Kind == "" || c.Resource.Resource == "":
		return fmt.Errorf("review %s: the object has no kind", c)
	case w != has:
		return fmt.Errorf("review %s: %s needs an object: %t, an old object: %t", c, c.Operation, w[0], w[1])
	}
	return nil
}

// String names the request in errors.
func (c *completed) String() string {
	resource := c.Resource.Resource
	if c.Subresource != "" {
		resource += "/" + c.Subresource
	}
	return resource + " " + c.Name
}
