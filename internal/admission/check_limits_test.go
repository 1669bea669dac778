package admission

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// goodPolicy is a policy in which Check finds nothing.
func goodPolicy() *admissionregistrationv1.ValidatingAdmissionPolicy {
	return &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "p"},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{
				ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
					RuleWithOperations: admissionregistrationv1.RuleWithOperations{
						Operations: []admissionregistrationv1.OperationType{"CREATE"},
						Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
					},
				}},
			},
			Validations: []admissionregistrationv1.Validation{{Expression: "true"}},
		},
	}
}

// goodBinding denies what a policy refuses.
func goodBinding(policy string) *admissionregistrationv1.ValidatingAdmissionPolicyBinding {
	return &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: policy, ValidationActions: []admissionregistrationv1.ValidationAction{"Deny"},
		},
	}
}

func checkObjects(t *testing.T, objects ...runtime.Object) []string {
	t.Helper()
	objs, err := FromObjects(objects...)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := Check(objs, []string{Newest()})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(findings))
	for i, f := range findings {
		out[i] = f.Error()
	}
	return out
}

// TestCheckLimits holds the limits on numbers and sizes against objects at the
// limit and just above.
func TestCheckLimits(t *testing.T) {
	tests := map[string]struct {
		fill func(p *admissionregistrationv1.ValidatingAdmissionPolicy, n int)
		most int // that is allowed
		over int // that is not
		want string
	}{
		"match conditions": {func(p *admissionregistrationv1.ValidatingAdmissionPolicy, n int) {
			for i := range n {
				p.Spec.MatchConditions = append(p.Spec.MatchConditions,
					admissionregistrationv1.MatchCondition{Name: fmt.Sprintf("c%d", i), Expression: "true"})
			}
		}, 64, 65, "spec.matchConditions: Too many: 65: must have at most 64 items"},
		"audit annotations": {func(p *admissionregistrationv1.ValidatingAdmissionPolicy, n int) {
			for i := range n {
				p.Spec.AuditAnnotations = append(p.Spec.AuditAnnotations,
					admissionregistrationv1.AuditAnnotation{Key: fmt.Sprintf("k%d", i), ValueExpression: "'v'"})
			}
		}, 20, 21, "spec.auditAnnotations: Too many: 21: must have at most 20 items"},
		"value expression": {func(p *admissionregistrationv1.ValidatingAdmissionPolicy, n int) {
			p.Spec.AuditAnnotations = []admissionregistrationv1.AuditAnnotation{
				{Key: "k", ValueExpression: "'" + strings.Repeat("v", n-2) + "' "},
			}
		}, 5120, 5121, `spec.auditAnnotations[0].valueExpression: Invalid value: "5121 bytes": must not exceed 5120 bytes`},
		"annotation key": {func(p *admissionregistrationv1.ValidatingAdmissionPolicy, n int) {
			p.Spec.AuditAnnotations = []admissionregistrationv1.AuditAnnotation{
				{Key: strings.Repeat("k", n), ValueExpression: "'v'"},
			}
		}, 63, 64, "spec.auditAnnotations[0].key: Invalid value: \"" + strings.Repeat("k", 64) + "\": name part must be no more than 63 bytes"},
		"annotations of the object": {func(p *admissionregistrationv1.ValidatingAdmissionPolicy, n int) {
			p.Annotations = map[string]string{"a": strings.Repeat("x", n)}
		}, 130_000, 132_000, `metadata.annotations: Invalid value: "`},
		"size": {func(p *admissionregistrationv1.ValidatingAdmissionPolicy, n int) {
			p.Spec.Validations[0].Message = strings.Repeat("x", n)
		}, 261_000, 262_000, `metadata.annotations: Invalid value: "`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := goodPolicy()
			tt.fill(p, tt.most)
			if got := checkObjects(t, p); len(got) > 0 {
				t.Errorf("at the limit: %q", got)
			}
			p = goodPolicy()
			tt.fill(p, tt.over)
			if got := checkObjects(t, p); len(got) != 1 || !strings.HasPrefix(got[0], "check ValidatingAdmissionPolicy/p: "+tt.want) {
				t.Errorf("above the limit: got %q, want one that begins %q", got, tt.want)
			}
		})
	}
}

func TestCheckDuplicates(t *testing.T) {
	cm := func(namespace string) runtime.Object {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: namespace}}
	}
	got := checkObjects(t, goodPolicy(), goodPolicy(), goodBinding("p"), goodBinding("p"), cm("a"), cm("b"), cm("a"))
	want := []string{
		"check ValidatingAdmissionPolicy/p: metadata.name: another object in the set has the same kind, namespace and name",
		"check ValidatingAdmissionPolicyBinding/p: metadata.name: another object in the set has the same kind, namespace and name",
		"check ConfigMap/c: metadata.name: another object in the set has the same kind, namespace and name",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCheckOtherKinds looks at names and labels of objects beside the policies.
func TestCheckOtherKinds(t *testing.T) {
	long := strings.Repeat("n", 64)
	got := checkObjects(t,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a.b"}},
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c", Labels: map[string]string{"k": long}}},
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "d/e"}},
	)
	want := []string{
		"check Namespace/a.b: metadata.name: Invalid value: \"a.b\": must not contain dots",
		"check ConfigMap/c: metadata.labels: Invalid value: \"" + long + "\": must be no more than 63 bytes",
		"check ConfigMap/d/e: metadata.name: Invalid value: \"d/e\": may not contain '/'",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCheckPositions wants the line of each finding, also inside of an
// expression that is a block of text.
func TestCheckPositions(t *testing.T) {
	got := check(t, `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: p
spec:
  failurePolicy: Maybe
  matchConstraints:
    resourceRules:
    - apiGroups: [""]
      apiVersions: [v1]
      operations: [CREATE]
      resources: [pods]
  validations:
  - expression: |
      object.metadata.name != 'x'
      && nobody.knows
    message: m
  - message: m
    expression: "1"
---
apiVersion: v1
kind: List
items:
- apiVersion: admissionregistration.k8s.io/v1
  kind: ValidatingAdmissionPolicyBinding
  metadata: {name: b}
  spec:
    policyName: p
    validationActions:
    - Deny
    - Shout
`)
	want := []string{
		`check ValidatingAdmissionPolicy/p: objects.yaml:6: spec.failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"`,
		"check ValidatingAdmissionPolicy/p: objects.yaml:16: spec.validations[0].expression: 2:4: undeclared reference to 'nobody' (Kubernetes 1.30, " + Newest() + ")",
		"check ValidatingAdmissionPolicy/p: objects.yaml:19: spec.validations[1].expression: must evaluate to bool but got int (Kubernetes 1.30, " + Newest() + ")",
		`check ValidatingAdmissionPolicyBinding/b: objects.yaml:31: spec.validationActions[1]: Unsupported value: "Shout": supported values: "Deny", "Warn", "Audit"`,
	}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %q", got, want)
	}
	for i := range want {
		if got[i].Error() != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

func TestCheckVersions(t *testing.T) {
	for _, v := range []string{"1.29", "2.0", "1.99", "latest", ""} {
		_, err := Check(&Objects{}, []string{v})
		want := fmt.Sprintf("check objects: Kubernetes version %q is not one of 1.30 to %s", v, Newest())
		if err == nil || err.Error() != want {
			t.Errorf("%q: got error %v, want %q", v, err, want)
		}
	}
	for _, v := range []string{"1.30", "v1.31", "1.33.4", Newest()} {
		if _, err := Check(&Objects{}, []string{v}); err != nil {
			t.Errorf("%q: %v", v, err)
		}
	}
}
