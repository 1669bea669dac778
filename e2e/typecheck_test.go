package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestTypeChecking holds the API server's own type checker against every policy
// that the values can ask for. It never rejects, so nobody would see what it says.
func TestTypeChecking(t *testing.T) {
	t.Parallel()
	labels := readValues(t, "values.yaml")
	labels["namespaceBinding"] = "label"
	delete(labels, "namespaces") // the labels say it
	everything := parse(t, `
defaults: {profile: restricted, warn: restricted, audit: restricted}
controllers: deny
namespaces:
  a: {profile: restricted, exceptions: [everything]}
  b-*: {profile: baseline, exceptions: [everything]}
exemptions: {users: [u], groups: [g], runtimeClasses: [r]}
`)
	everything["exceptions"] = exceptions(t)
	for name, v := range map[string]values{"defaults": nil, "example": readValues(t, "values.yaml"), "labels": labels, "everything": everything} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			install(t, v).typeChecked(t)
		})
	}
}

// typeChecked waits until all policies of the chart are checked; a warning fails
// the test.
func (w *world) typeChecked(t *testing.T) {
	t.Helper()
	if len(w.objects.Policies) == 0 {
		t.Fatal("no policies are installed")
	}
	for _, rendered := range w.objects.Policies {
		eventually(t, rendered.Name+" is checked", func() error {
			live, err := w.AdmissionregistrationV1().ValidatingAdmissionPolicies().Get(t.Context(), rendered.Name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if live.Status.ObservedGeneration != live.Generation || live.Status.TypeChecking == nil {
				return fmt.Errorf("generation %d is observed, want %d", live.Status.ObservedGeneration, live.Generation)
			}
			for _, warning := range live.Status.TypeChecking.ExpressionWarnings {
				t.Errorf("%s: %s: %s", live.Name, warning.FieldRef, strings.TrimSpace(warning.Warning))
			}
			return nil
		})
	}
	t.Logf("%d policies", len(w.objects.Policies))
}
