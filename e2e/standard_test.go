package e2e_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestStandardVersion offers Pod Security Admission's own pods of an older version
// of the standard under that version, then those of the newest after an upgrade
// that changes nothing but the version. The folder of each says whether it passes.
func TestStandardVersion(t *testing.T) {
	t.Parallel()
	v := values{
		"defaults":   values{"profile": "privileged", "warn": "privileged", "audit": "privileged"},
		"namespaces": values{"standard-baseline": values{"profile": "baseline"}, "standard-restricted": values{"profile": "restricted"}},
	}
	v["standardVersion"] = "v1.18"
	w := install(t, v)
	for _, profile := range []string{"baseline", "restricted"} {
		namespace(t, w, "standard-"+profile, nil)
	}
	w.typeChecked(t)
	w.passOrFail(t, "v1.18")
	v["standardVersion"] = "latest"
	w.upgrade(t, v)
	w.passOrFail(t, "v1.37")
}

// passOrFail offers the fixtures of a version where their profile is enforced.
func (w *world) passOrFail(t *testing.T, version string) {
	t.Helper()
	var count tally
	in := map[string]*corev1.Namespace{"baseline": w.namespace(t, "standard-baseline"), "restricted": w.namespace(t, "standard-restricted")}
	for _, pod := range fixtures(t, version) {
		profile, _, _ := strings.Cut(pod.name, "/")
		w.try(t, &count, in[profile], pod)
		got := create(t, w.control.Config, pod.object, in[profile].Name, true)
		if fails := strings.Contains(pod.name, "/fail/"); !got.invalid() && (got.denial() != "") != fails {
			t.Errorf("%s: %v", pod.name, got.err)
		}
	}
	t.Logf("%s: %d admitted, %d refused, %d not valid", version, count.admitted.Load(), count.refused.Load(), count.invalid.Load())
}
