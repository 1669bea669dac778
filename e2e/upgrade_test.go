package e2e_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestUpgrade goes from one pin to another and back, while pods are offered that
// each one rule refuses, and pods that none does. No answer may change on the
// way, whether the rules keep their names or bear others.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	changes := []struct {
		name     string
		from, to func(*testing.T) string
	}{
		{"same names", ours, reworded},
		{"other names", ours, renamed},
		{"1.12 to 1.17", pinned("release-1.12", "pod-security-cel"), pinned("release-1.17", "pod-security-cel")},
		{"the other format", pinned("release-1.17", "pod-security-cel"), pinned("release-1.17", "pod-security-vpol")},
	}
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			from, to := c.from(t), c.to(t)
			for _, binding := range []string{"name", "label"} {
				t.Run("by "+binding, func(t *testing.T) {
					t.Parallel()
					upgradeAndBack(t, from, to, binding)
				})
			}
		})
	}
}

func ours(*testing.T) string { return chartFolder }

func reworded(t *testing.T) string {
	return edited(t, func(text string, _ int) string { return strings.ReplaceAll(text, "must be", "has to be") })
}

// renamed is the hardest case: what sorted first sorts last, so that Helm creates
// a policy's successor just before it deletes the policy.
func renamed(t *testing.T) string {
	return edited(t, func(text string, i int) string {
		return strings.Replace(text, "\nmetadata:\n  name: ", fmt.Sprintf("\nmetadata:\n  name: %c-", 'z'-i), 1)
	})
}

func pinned(version, format string) func(*testing.T) string {
	return func(t *testing.T) string { return shared(t, version, format) }
}

// upgradeAndBack goes from a chart to another with helm upgrade, and back with
// helm rollback.
func upgradeAndBack(t *testing.T, from, to, binding string) {
	v := clusterValues(t, "common", "wikikube", "wikikube-eqiad")
	v["namespaceBinding"], v["controllers"] = binding, "off"
	v["defaults"] = values{"profile": "restricted", "warn": "privileged", "audit": "privileged"}
	delete(v["namespaces"].(values), "istio-system") // it excludes a rule by its name
	w := installChart(t, from, v)
	ns := "mw-upgraded-" + time.Now().Format("150405")
	namespace(t, w, ns, map[string]string{
		domain + "/profile": "restricted", domain + "/geoip": "include", domain + "/sys-ptrace": "include",
	})
	before := w.enforcing()
	objects, next := offline(t, to, v)
	pods := telling(t, w, ns, w.judge, next)
	w.objects = objects
	former := slices.DeleteFunc(slices.Clone(before), func(name string) bool { return slices.Contains(w.enforcing(), name) })

	upgrade := func() error { return w.release.Upgrade(t.Context(), to, maps.Clone(v)) }
	w.under(t, "upgrade", ns, pods, upgrade)
	w.wantBound(t, "after the upgrade", append(w.enforcing(), former...))
	if binding == "label" || len(former) == 0 {
		w.under(t, "rollback", ns, pods, w.release.Rollback)
		w.wantBound(t, "after the rollback", before)
		return
	}
	t.Logf("kept: %d policies under former names", len(former))
	w.outlive(t)
	w.under(t, "second upgrade", ns, pods, upgrade)
	w.wantBound(t, "after the second upgrade", w.enforcing())
}

// outlive waits until the chart takes the youngest binding of the release for active:
// it has been there for a minute.
func (w *world) outlive(t *testing.T) {
	t.Helper()
	bindings, err := w.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings().List(t.Context(), mine())
	if err != nil {
		t.Fatal(err)
	}
	var youngest time.Time
	for i := range bindings.Items {
		if made := bindings.Items[i].CreationTimestamp.Time; made.After(youngest) {
			youngest = made
		}
	}
	time.Sleep(time.Until(youngest.Add(61 * time.Second))) // in whole seconds
}

// mine selects what is of the release.
func mine() metav1.ListOptions {
	return metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + chartName}
}

// under does something to the release while pods are offered, from before until at least
// two seconds after all was active, and each was offered again.
func (w *world) under(t *testing.T, what, namespace string, pods []offered, do func() error) {
	t.Helper()
	o := w.offer(t, namespace, pods)
	o.again(t, 3)
	if err := do(); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	time.Sleep(2 * time.Second)
	o.again(t, 3)
	o.never(t, what)
}

// enforcing gives the bindings that deny, of what was rendered offline.
func (w *world) enforcing() []string {
	var out []string
	for _, b := range w.objects.Bindings {
		if slices.Contains(b.Spec.ValidationActions, admissionv1.Deny) {
			out = append(out, b.Name)
		}
	}
	return out
}

// wantBound fails the test unless the release has just these bindings that deny,
// each with its policy.
func (w *world) wantBound(t *testing.T, when string, want []string) {
	t.Helper()
	bindings, err := w.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings().List(t.Context(), mine())
	policies, err2 := w.AdmissionregistrationV1().ValidatingAdmissionPolicies().List(t.Context(), mine())
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, p := range policies.Items {
		there[p.Name] = true
	}
	var got []string
	for _, b := range bindings.Items {
		if slices.Contains(b.Spec.ValidationActions, admissionv1.Deny) && there[b.Spec.PolicyName] {
			got = append(got, b.Name)
		}
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s the release has %q, want %q", when, got, want)
	}
}
