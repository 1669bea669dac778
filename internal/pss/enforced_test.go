package pss_test

import (
	"testing"

	"github.com/vapchart/vapchart/internal/pss"
)

// TestEnforcedBy wants labels read as Pod Security Admission reads them: what is
// misspelt is the strictest, other modes refuse nothing, and the version counts, the
// cluster's own where it is older.
func TestEnforcedBy(t *testing.T) {
	const enforce = "pod-security.kubernetes.io/enforce"
	pods := map[string]pss.Probe{}
	for _, p := range pss.Probes() {
		pods[p.Name] = p
	}
	unset := pods["seccompProfile_restricted/unset"] // restricted refuses it since v1.19
	hostPID := pods["hostNamespaces/pid"]            // baseline refuses it
	if unset.Pod == nil || hostPID.Pod == nil {
		t.Fatal("no such probe")
	}
	for _, c := range []struct {
		labels         map[string]string
		kubernetes     string
		unset, hostPID bool
	}{
		{nil, "1.37", false, false},
		{map[string]string{"pod-security.kubernetes.io/warn": "restricted"}, "1.37", false, false},
		{map[string]string{enforce: "privileged"}, "1.37", false, false},
		{map[string]string{enforce: "baseline"}, "1.37", false, true},
		{map[string]string{enforce: "restricted"}, "1.37", true, true},
		{map[string]string{enforce: "restrited"}, "1.37", true, true},
		{map[string]string{enforce: "restricted", enforce + "-version": "v1.18"}, "1.37", false, true},
		{map[string]string{enforce: "restricted", enforce + "-version": "new"}, "1.37", true, true},
		{map[string]string{enforce: "restricted"}, "1.18", false, true},
		{map[string]string{enforce: "restricted", enforce + "-version": "v1.20"}, "1.18", false, true},
		{map[string]string{enforce: "restricted", enforce + "-version": "v1.18"}, "1.37", false, true},
	} {
		by := pss.EnforcedBy(c.labels, c.kubernetes)
		if got := len(by.Refused(unset.Pod)) > 0; got != c.unset {
			t.Errorf("%v refuses an unset profile: %t", c.labels, got)
		}
		if got := len(by.Refused(hostPID.Pod)) > 0; got != c.hostPID {
			t.Errorf("%v refuses hostPID: %t", c.labels, got)
		}
	}
}
