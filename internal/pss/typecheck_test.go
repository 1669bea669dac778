package pss_test

import (
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/vapchart/vapchart/internal/policy"
)

// The API server writes what its type checker finds into a policy's status.
// There must be nothing: to it, the kinds of container are types of their own,
// and lists of them can only be joined as dyn.
func TestBuiltinPassesTheTypeChecker(t *testing.T) {
	checker := validating.TypeChecker{SchemaResolver: podSchema{}, RestMapper: testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}
	objs, err := load(builtinRules(t)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range objs.Policies {
		for _, w := range checker.Check(p.ValidatingAdmissionPolicy) {
			t.Errorf("%s: %s: %s", p.Name, w.FieldRef, w.Warning)
		}
	}
	naive := builtinRules(t)[0]
	naive.Variables = []policy.Variable{{Name: "containers", Expression: policy.Expression{
		CEL: "object.spec.containers + object.spec.?initContainers.orValue([])",
	}}}
	naive.Validations = []policy.Validation{{Expression: policy.Expression{CEL: "variables.containers == []"}, Message: "none"}}
	objs, err = load(naive)
	if err != nil {
		t.Fatal(err)
	}
	if len(checker.Check(objs.Policies[0].ValidatingAdmissionPolicy)) == 0 {
		t.Error("lists of containers are joined without dyn, and the type checker says nothing: it proves nothing")
	}
}

// podSchema resolves every kind to the schema of a pod, made from its Go type.
type podSchema struct{}

func (podSchema) ResolveSchema(schema.GroupVersionKind) (*spec.Schema, error) {
	s := schemaOf(reflect.TypeFor[corev1.Pod]())
	return &s, nil
}

func schemaOf(t reflect.Type) spec.Schema {
	switch t {
	case reflect.TypeFor[metav1.Time](), reflect.TypeFor[resource.Quantity]():
		return *spec.StringProperty()
	case reflect.TypeFor[metav1.FieldsV1](), reflect.TypeFor[intstr.IntOrString]():
		return spec.Schema{VendorExtensible: spec.VendorExtensible{Extensions: spec.Extensions{"x-kubernetes-preserve-unknown-fields": true}}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.String:
		return *spec.StringProperty()
	case reflect.Bool:
		return *spec.BoolProperty()
	case reflect.Slice:
		item := schemaOf(t.Elem())
		return *spec.ArrayProperty(&item)
	case reflect.Map:
		item := schemaOf(t.Elem())
		return *spec.MapProperty(&item)
	case reflect.Struct:
		return structSchema(t)
	default:
		return *spec.Int64Property()
	}
}

func structSchema(t reflect.Type) spec.Schema {
	out := spec.Schema{SchemaProps: spec.SchemaProps{Type: []string{"object"}, Properties: map[string]spec.Schema{}}}
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name != "":
			out.Properties[name] = schemaOf(field.Type)
		case field.Anonymous:
			for inlined, s := range schemaOf(field.Type).Properties {
				out.Properties[inlined] = s
			}
		}
	}
	return out
}
