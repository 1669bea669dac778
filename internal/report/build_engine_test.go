package report_test

import (
	"bytes"
	"testing"

	"github.com/vapchart/vapchart/internal/namespaces"
	"github.com/vapchart/vapchart/internal/report"
)

// TestBuildTellsEngines holds every sentence about two engines, that clusters where the
// same holds are told of once, and those that leave nothing to Pod Security Admission
// not at all.
func TestBuildTellsEngines(t *testing.T) {
	fine := []namespaces.Finding{{Names: []string{"a"}, Left: true}}
	odd := []namespaces.Finding{
		{Names: []string{"a", "b", "c", "d", "e", "f", "g"}, Left: true, Differences: []namespaces.Difference{
			{Kind: namespaces.Enforced, Control: "sysctls", Text: "with a sysctl", Pods: 3},
			{Kind: namespaces.Enforced, Control: "hostPorts", Looser: true, Text: "with a port", Pods: 1},
			{Kind: namespaces.Warned, Control: "sysctls", Text: "with a sysctl", Pods: 1},
			{Kind: namespaces.Audited, Control: "sysctls", Looser: true, Text: "with a sysctl", Pods: 1},
			{Kind: namespaces.Exemptions}, {Kind: namespaces.Controllers},
		}},
		{Names: []string{"mw"}, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "baseline"},
			Why: &namespaces.Reason{Profile: "restricted", Control: "runAsUser", Exception: "root", Text: "as root"}},
		{Left: true, Differences: []namespaces.Difference{{Kind: namespaces.Controllers, Looser: true}}},
	}
	var out bytes.Buffer
	b := report.Build{Checked: true, Clusters: []report.Cluster{
		{Engine: report.Engine{Cluster: "x", Findings: fine}}, {Engine: report.Engine{Cluster: "y", Findings: odd}},
		{Engine: report.Engine{Cluster: "none"}}, {Engine: report.Engine{Cluster: "z", Findings: fine}},
	}}
	if err := b.Text(&out); err != nil {
		t.Fatal(err)
	}
	want := `engine     x, z: 1 namespace left to Pod Security Admission, 0 keep their policies; the two agree
engine     y: 8 namespaces left to Pod Security Admission, 1 keeps its policies
             a, b, c, d, e and 2 more: Pod Security Admission refuses what the policies admit: sysctls, a pod with a sysctl, and 2 more
             a, b, c, d, e and 2 more: Pod Security Admission admits what the policies refuse: hostPorts, a pod with a port
             a, b, c, d, e and 2 more: Pod Security Admission warns of what the policies are silent about: sysctls, a pod with a sysctl
             a, b, c, d, e and 2 more: Pod Security Admission is silent about what the policies audit: sysctls, a pod with a sysctl
             a, b, c, d, e and 2 more: exemptions of the values do not count, Pod Security Admission has its own
             a, b, c, d, e and 2 more: Pod Security Admission warns about controllers, the values say nothing of them
             mw: the policies stay, enforce is baseline: restricted would refuse what exception root allows: runAsUser, a pod as root
             all others: controllers are denied by the policies alone, which stay for them
`
	if !bytes.Contains(out.Bytes(), []byte(want)) {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
