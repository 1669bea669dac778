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

// The API server writes what its type checker finds into a policy's status. It
// passes over variables, which are held to the same here.
func TestBuiltinPassesTheTypeChecker(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	for version, rules := range revisions(t) {
		for _, r := range rules {
			for _, v := range r.Variables {
				r.Validations = append(r.Validations, policy.Validation{Expression: v.Expression})
			}
			for _, warning := range typeCheck(t, r) {
				t.Errorf("%s: %s: %s", version, r.Name, warning)
			}
		}
	}
	naive := builtinRules(t)[0]
	naive.Variables = nil
	naive.Validations = []policy.Validation{{Expression: policy.Expression{
		CEL: "object.spec.containers + object.spec.?initContainers.orValue([]) == []",
	}}}
	if len(typeCheck(t, naive)) == 0 {
		t.Error("the type checker finds nothing in lists of two types joined: it proves nothing")
	}
}

func typeCheck(t *testing.T, rule policy.Rule) []string {
	t.Helper()
	objs, err := load(rule)
	if err != nil {
		t.Fatal(err)
	}
	checker := validating.TypeChecker{SchemaResolver: podSchema{}, RestMapper: testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}
	found := checker.Check(objs.Policies[0].ValidatingAdmissionPolicy)
	out := make([]string, 0, len(found))
	for _, w := range found {
		out = append(out, w.FieldRef+": "+w.Warning)
	}
	return out
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
