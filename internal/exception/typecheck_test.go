package exception_test

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

// The API server writes what its type checker finds into the policy's status.
// Here the variables and messages, which it passes over, are held to it too.
func TestCompensationsPassTheTypeChecker(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	for _, lib := range everyLibrary(t) {
		for _, r := range lib.tried(lib.excepted(t, everything())) {
			for _, v := range r.Variables {
				r.Validations = append(r.Validations, policy.Validation{Expression: v.Expression})
			}
			for _, v := range r.Validations {
				if v.MessageExpression.CEL != "" {
					r.Validations = append(r.Validations, policy.Validation{Expression: v.MessageExpression})
				}
			}
			for _, warning := range typeCheck(t, r) {
				t.Errorf("%s: %s: %s", lib.version, r.Name, warning)
			}
		}
	}
	wrong := policy.Validation{Expression: policy.Expression{CEL: "object.spec.?securityContext.orValue({}) == {}"}}
	r := readLibrary(t).rules[0]
	r.Validations = []policy.Validation{wrong}
	if len(typeCheck(t, r)) == 0 {
		t.Error("the type checker finds nothing in an object that may be a map: it proves nothing")
	}
}

func typeCheck(t *testing.T, rule policy.Rule) []string {
	t.Helper()
	checker := validating.TypeChecker{SchemaResolver: podSchema{}, RestMapper: testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}
	var out []string
	for _, w := range checker.Check(load(t, []policy.Rule{rule}).Policies[0].ValidatingAdmissionPolicy) {
		out = append(out, w.FieldRef+": "+w.Warning)
	}
	return out
}

// podSchema answers for every kind with the schema of a pod's Go type.
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
		open := spec.Extensions{"x-kubernetes-preserve-unknown-fields": true}
		return spec.Schema{VendorExtensible: spec.VendorExtensible{Extensions: open}}
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
		return objectSchema(t)
	default:
		return *spec.Int64Property()
	}
}

func objectSchema(t reflect.Type) spec.Schema {
	out := spec.Schema{SchemaProps: spec.SchemaProps{Type: []string{"object"}, Properties: map[string]spec.Schema{}}}
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" {
			out.Properties[name] = schemaOf(field.Type)
			continue
		}
		for inlined, s := range schemaOf(field.Type).Properties {
			out.Properties[inlined] = s
		}
	}
	return out
}
