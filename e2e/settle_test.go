package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// settle returns when all policies and bindings that were written before it are
// active, and those deleted are not. The API server takes them over together, in
// the order of their writing; so it adds one of its own and waits for that one
// to refuse something.
func (w *world) settle(t testing.TB) {
	t.Helper()
	ctx := context.Background() // it also runs when the test's own is over
	policies := w.AdmissionregistrationV1().ValidatingAdmissionPolicies()
	bindings := w.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings()
	policy, binding := mark(fmt.Sprintf("e2e-mark-%d", time.Now().UnixNano()))
	_, err := policies.Create(ctx, policy, metav1.CreateOptions{})
	_, bindErr := bindings.Create(ctx, binding, metav1.CreateOptions{})
	if err := errors.Join(err, bindErr); err != nil {
		t.Fatal(err)
	}
	eventually(t, "policies are active", func() error {
		marked := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: policy.Name}}
		_, err := w.CoreV1().ConfigMaps(metav1.NamespaceDefault).Create(ctx, marked, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil && strings.Contains(err.Error(), "'"+policy.Name+"'") {
			return nil
		}
		return fmt.Errorf("%s refuses nothing: %w", policy.Name, err)
	})
	err = bindings.Delete(ctx, policy.Name, metav1.DeleteOptions{})
	if err := errors.Join(err, policies.Delete(ctx, policy.Name, metav1.DeleteOptions{})); err != nil {
		t.Fatal(err)
	}
}

// mark gives a policy that refuses a config map of its own name.
func mark(name string) (*admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding) {
	rule := admissionv1.NamedRuleWithOperations{
		ResourceNames: []string{name},
		RuleWithOperations: admissionv1.RuleWithOperations{
			Operations: []admissionv1.OperationType{admissionv1.Create},
			Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
		},
	}
	return &admissionv1.ValidatingAdmissionPolicy{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: admissionv1.ValidatingAdmissionPolicySpec{
				MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{rule}},
				Validations:      []admissionv1.Validation{{Expression: "false", Message: "seen"}},
			},
		}, &admissionv1.ValidatingAdmissionPolicyBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
				PolicyName: name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
			},
		}
}

// eventually asks until there is no error; after three minutes that error fails the
// test.
func eventually(t testing.TB, what string, ask func() error) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		err := ask()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited for three minutes until %s: %v", what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
