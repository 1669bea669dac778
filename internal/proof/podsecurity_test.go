package proof_test

import (
	"context"
	"testing"

	admissionapi "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	psadmission "k8s.io/pod-security-admission/admission"
	psconfig "k8s.io/pod-security-admission/admission/api"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/metrics"
	pspolicy "k8s.io/pod-security-admission/policy"
)

// podSecurity is Pod Security Admission as a whole, with a namespace of the name
// of each profile.
type podSecurity struct{ *psadmission.Admission }

func newPodSecurity(t testing.TB) podSecurity {
	t.Helper()
	evaluator, err := pspolicy.NewEvaluator(pspolicy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &psadmission.Admission{
		Configuration: &psconfig.PodSecurityConfiguration{Defaults: psconfig.PodSecurityDefaults{
			Enforce: "privileged", EnforceVersion: "latest", Audit: "privileged", AuditVersion: "latest", Warn: "privileged", WarnVersion: "latest",
		}},
		Evaluator: evaluator, Metrics: noMetrics{}, NamespaceGetter: profileNamespaces{}, PodLister: noPods{},
	}
	if err := a.CompleteConfiguration(); err != nil {
		t.Fatal(err)
	}
	if err := a.ValidateConfiguration(); err != nil {
		t.Fatal(err)
	}
	return podSecurity{a}
}

// allows asks for the verdict on an update.
func (p podSecurity) allows(t testing.TB, namespace, subresource string, old, pod *corev1.Pod) bool {
	t.Helper()
	return p.ValidatePod(context.Background(), &api.AttributesRecord{
		Name: pod.Name, Namespace: namespace, Kind: corev1.SchemeGroupVersion.WithKind("Pod"),
		Resource: corev1.SchemeGroupVersion.WithResource("pods"), Subresource: subresource,
		Operation: admissionapi.Update, Object: pod, OldObject: old, Username: "unknown",
	}).Allowed
}

type profileNamespaces struct{}

func (profileNamespaces) GetNamespace(_ context.Context, name string) (*corev1.Namespace, error) {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{api.EnforceLevelLabel: name}}}, nil
}

type noPods struct{}

func (noPods) ListPods(context.Context, string) ([]*corev1.Pod, error) { return nil, nil }

type noMetrics struct{}

func (noMetrics) RecordEvaluation(metrics.Decision, api.LevelVersion, metrics.Mode, api.Attributes) {}
func (noMetrics) RecordExemption(api.Attributes)                                                    {}
func (noMetrics) RecordError(bool, api.Attributes)                                                  {}
