package e2e_test

import (
	"context"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// breakage is a way in which a cluster comes to do something else than the values
// say.
type breakage struct {
	name       string
	do         func(t *testing.T, w *world) (repair func())
	namespaces []string // that are asked about
	code       int
	says       []string
}

func breakages(prefix string) []breakage {
	baseline, wiki, restricted := prefix+"-baseline", prefix+"-wiki", prefix+"-restricted"
	return []breakage{
		{"a binding is gone", deleteBinding("disallow-host-namespaces"), []string{baseline, restricted}, 3, []string{
			"missing    binding disallow-host-namespaces: the values give it, and it is not in the cluster\n",
			"open       " + baseline + ", " + restricted + ": hostNamespaces: a pod with hostPID should be refused by disallow-host-namespaces (",
			", and is admitted in silence\n", "not as they should be: 1 object\n",
		}},
		{"a binding only warns", changeBinding("disallow-host-path", func(s *admissionv1.ValidatingAdmissionPolicyBindingSpec) {
			s.ValidationActions = []admissionv1.ValidationAction{admissionv1.Warn}
		}), []string{baseline}, 3, []string{
			"changed    binding disallow-host-path: spec.validationActions not as the values give it\n",
			"open       " + baseline + ": hostPathVolumes: a pod with a volume of type hostPath should be refused by disallow-host-path (",
			"admitted with a warning by ", "disallow-host-path (spec.volumes[*].hostPath must be unset",
		}},
		{"a validation is loosened", changePolicy("disallow-host-ports-none", func(s *admissionv1.ValidatingAdmissionPolicySpec) {
			for i := range s.Validations {
				s.Validations[i].Expression = "true"
			}
		}), []string{baseline}, 3, []string{
			"changed    policy disallow-host-ports-none: spec.validations not as the values give it\n",
			"open       " + baseline + ": hostPorts: a pod with host ports 8080 in a container should be refused by disallow-host-ports-none (",
		}},
		{"creation is not judged", changePolicy("restrict-sysctls-check-sysctls", func(s *admissionv1.ValidatingAdmissionPolicySpec) {
			s.MatchConstraints.ResourceRules[0].Operations = []admissionv1.OperationType{admissionv1.Update}
		}), []string{baseline}, 3, []string{
			"changed    policy restrict-sysctls-check-sysctls: spec.matchConstraints not as the values give it\n",
			"open       " + baseline + ": sysctls: a pod with sysctl kernel.msgmax should be refused by restrict-sysctls-check-sysctls (",
		}},
		{"ephemeral containers are not judged", changePolicy("disallow-host-ports-none", func(s *admissionv1.ValidatingAdmissionPolicySpec) {
			rule := &s.MatchConstraints.ResourceRules[0]
			rule.Resources = slices.DeleteFunc(rule.Resources, func(r string) bool { return r != "pods" })
		}), []string{baseline}, 3, []string{
			"changed    policy disallow-host-ports-none: spec.matchConstraints not as the values give it\n", " 0 not, 0 unknown; not as they should be: 1 object\n",
		}},
		{"a policy too many", addPolicy("old", map[string]string{
			"app.kubernetes.io/name": chartName, "app.kubernetes.io/instance": chartName,
		}, "false"), []string{baseline}, 3, []string{
			"extra      policy old: it is of this release, and the values do not give it\n", "extra      binding old: ",
			"closed     " + baseline + ": a pod with containers of every kind that comply should be admitted in silence, and is refused by old (always)\n",
		}},
		{"a policy under a former name", addPolicy("former", map[string]string{
			"app.kubernetes.io/name": chartName, "app.kubernetes.io/instance": chartName, "vapchart.dev/former": "true",
		}, "false"), []string{baseline}, 3, []string{
			"former     policy former: the release keeps it under this name until the next upgrade\n",
			"closed     " + baseline + ": a pod with containers of every kind that comply should be admitted in silence, and is refused by former (always)\n",
		}},
		{"somebody else's policy", addPolicy("foreign", nil, "has(object.spec.hostPID) && object.spec.hostPID"), []string{baseline}, 0, []string{
			"pods, such as one with containers of every kind that comply: policy foreign, which is not of this release, refuses it: always\n",
			" 0 not, ",
		}},
		{"a label of Pod Security Admission", labelNamespace(wiki, "pod-security.kubernetes.io/enforce", "restricted"), []string{wiki, restricted}, 3, []string{
			"label      " + wiki + ": label pod-security.kubernetes.io/enforce=restricted refuses what exception geoip allows: a pod with hostPath /usr/share/GeoIP mounted read-only and /usr/share/GeoIPInfo mounted read-only\n",
			"label      " + wiki + ": label pod-security.kubernetes.io/enforce=restricted refuses what exception sys-ptrace allows: a pod with added capabilities SYS_PTRACE\n",
			"hint: kubectl label namespace " + wiki + " pod-security.kubernetes.io/enforce=privileged --overwrite", " 2 not, 0 unknown\n",
		}},
		{"other values", upgradeTo(values{"namespaces": values{"*": values{"profile": "baseline"}}}), []string{restricted}, 3, []string{
			"missing    policy disallow-privilege-escalation: ",
			"open       " + restricted + ": allowPrivilegeEscalation: a pod with ",
		}},
	}
}

// background outlives a test that is over, to clean up.
func background() context.Context { return context.Background() }

func deleteBinding(name string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		all := w.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings()
		b, err := all.Get(t.Context(), name, metav1.GetOptions{})
		if err == nil {
			err = all.Delete(t.Context(), name, metav1.DeleteOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			b.ResourceVersion, b.UID = "", ""
			if _, err := all.Create(background(), b, metav1.CreateOptions{}); err != nil {
				t.Error(err)
			}
		}
	}
}

func changeBinding(name string, change func(*admissionv1.ValidatingAdmissionPolicyBindingSpec)) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		all := w.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings()
		update := func(change func(*admissionv1.ValidatingAdmissionPolicyBindingSpec)) admissionv1.ValidatingAdmissionPolicyBindingSpec {
			b, err := all.Get(background(), name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			before := *b.Spec.DeepCopy()
			change(&b.Spec)
			if _, err := all.Update(background(), b, metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
			return before
		}
		before := update(change)
		return func() { update(func(s *admissionv1.ValidatingAdmissionPolicyBindingSpec) { *s = before }) }
	}
}

func changePolicy(name string, change func(*admissionv1.ValidatingAdmissionPolicySpec)) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		all := w.AdmissionregistrationV1().ValidatingAdmissionPolicies()
		update := func(change func(*admissionv1.ValidatingAdmissionPolicySpec)) admissionv1.ValidatingAdmissionPolicySpec {
			p, err := all.Get(background(), name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			before := *p.Spec.DeepCopy()
			change(&p.Spec)
			if _, err := all.Update(background(), p, metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
			return before
		}
		before := update(change)
		return func() { update(func(s *admissionv1.ValidatingAdmissionPolicySpec) { *s = before }) }
	}
}

// addPolicy adds a policy with labels. It refuses every pod for which the expression is
// false. Where a policy of the release refuses a pod too, the API server names one of
// the two by chance.
func addPolicy(name string, labels map[string]string, expression string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		policy, binding := mark(name)
		policy.Labels, binding.Labels = labels, labels
		rule := &policy.Spec.MatchConstraints.ResourceRules[0]
		rule.ResourceNames, rule.Resources = nil, []string{"pods"}
		policy.Spec.Validations[0].Expression, policy.Spec.Validations[0].Message = expression, "always"
		policies, bindings := w.AdmissionregistrationV1().ValidatingAdmissionPolicies(), w.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings()
		if _, err := policies.Create(t.Context(), policy, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := bindings.Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := bindings.Delete(background(), name, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
			if err := policies.Delete(background(), name, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		}
	}
}

func labelNamespace(name, label, value string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		set := func(value string) {
			if err := w.label(t, waysToWrite(w)["update"], name, label, value); err != nil {
				t.Error(err)
			}
		}
		set(value)
		return func() { set("") }
	}
}

// upgradeTo brings the release to other values, and back by a rollback.
func upgradeTo(v values) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		if err := w.release.Upgrade(t.Context(), chartFolder, v); err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := w.release.Rollback(); err != nil {
				t.Error(err)
			}
		}
	}
}

// listable gives the resources that can be listed, but for what the control plane
// writes about itself all the time.
func listable(t *testing.T, lists []*metav1.APIResourceList) []schema.GroupVersionResource {
	t.Helper()
	var out []schema.GroupVersionResource
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list.APIResources {
			if slices.Contains(r.Verbs, "list") && !slices.Contains([]string{"events", "leases", "componentstatuses"}, r.Name) {
				out = append(out, version.WithResource(r.Name))
			}
		}
	}
	if !slices.Contains(out, corev1.SchemeGroupVersion.WithResource("pods")) {
		t.Fatal("pods are not among what can be listed")
	}
	return out
}
