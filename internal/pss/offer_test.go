package pss_test

import (
	"slices"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/sample"
)

// TestOffers wants every pod that is offered for a control refused by it, and by
// no other one unless Kubernetes itself asks for what that refuses.
func TestOffers(t *testing.T) {
	offers, err := sample.Offers()
	if err != nil {
		t.Fatal(err)
	}
	oracle, err := pss.NewOracle(pss.Latest)
	if err != nil {
		t.Fatal(err)
	}
	beside := map[policy.Control][]policy.Control{
		"windowsHostProcess": {"hostNamespaces"},
		"privileged":         {"allowPrivilegeEscalation"},
	}
	count := map[policy.Control]int{}
	for _, o := range offers {
		count[o.Control]++
		if !sample.Valid(o.Pod, "1.99") {
			t.Errorf("%s: the API does not take it", o.Name)
		}
		got := oracle.Refused(policy.Restricted, o.Pod)
		if i := slices.IndexFunc(pss.Controls(), func(i pss.Info) bool { return i.ID == o.Control }); i >= 0 {
			got = oracle.Refused(pss.Controls()[i].Profile, o.Pod)
		}
		if o.Control != "" && !slices.Contains(got, o.Control) {
			t.Errorf("%s: refused by %v, want %s", o.Name, got, o.Control)
		}
		for _, c := range got {
			if c != o.Control && !slices.Contains(beside[o.Control], c) {
				t.Errorf("%s: refused by %s too", o.Name, c)
			}
		}
	}
	for _, c := range pss.Controls() {
		if count[c.ID] == 0 && c.ID != "procMount" {
			t.Errorf("nothing is offered for %s", c.ID)
		}
	}
	// At 100 requests a second 300 namespaces take two minutes.
	if len(offers) > 40 || count[""] != 1 {
		t.Errorf("%d pods for each namespace, %d of them compliant", len(offers), count[""])
	}
}
