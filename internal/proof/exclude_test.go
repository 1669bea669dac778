package proof_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// TestExcludedControls wants an excluded control to be what the exclusion of each of its
// rules is, by names and by labels: what then refuses a pod is what Pod Security
// Admission refuses by all other controls.
func TestExcludedControls(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	rules, err := chart.ReadControls(readChart(t))
	if err != nil {
		t.Fatal(err)
	}
	var excluded [][]string
	for _, c := range pss.Controls() {
		if len(rules[c.ID]) == 0 {
			t.Errorf("no rule enforces %s", c.ID)
		}
		excluded = append(excluded, []string{string(c.ID)})
	}
	excluded = append(excluded, []string{"hostPorts", "hostNamespaces"}, []string{"capabilities_baseline", "capabilities_restricted"})
	byControl, byRule := values{}, values{}
	labelled := installOnly(t, with(silent(), values{"namespaceBinding": "label"}), func(name string) bool { return rules.Of(name) != nil })
	for _, controls := range excluded {
		name, labels, all := placeWithout(controls), map[string]string{"profile": "restricted"}, []string{}
		for _, c := range controls {
			all = append(all, rules[policy.Control(c)]...)
			labels[c] = "exclude"
		}
		byControl[name] = values{"profile": "restricted", "exclude": anys(controls)}
		byRule[name] = values{"profile": "restricted", "exclude": anys(all)}
		labelled.label(name, labels)
	}
	wantSameObjects(t, with(silent(), values{"namespaces": byControl}), with(silent(), values{"namespaces": byRule}))
	named, oracle, pods := install(t, with(silent(), values{"namespaces": byControl})), newOracle(t), slices.Concat(fixtures(t), probes(t))
	inParallel(excluded, func(controls []string) {
		changed := 0
		for _, pod := range pods {
			left := catalogue{}.expected(oracle, place{profile: policy.Restricted}, pod)
			all := len(left)
			left = slices.DeleteFunc(left, func(c policy.Control) bool { return slices.Contains(controls, string(c)) })
			if len(left) == all && !oneIn(20, pod.name+fmt.Sprint(controls)) {
				continue
			}
			changed += all - len(left)
			review := named.ask(t, placeWithout(controls), admission.Request{Object: pod.object})
			if got := named.refusing(review); !slices.Equal(got, left) {
				t.Errorf("%s without %v: refused by %v, want %v", pod.name, controls, got, left)
			}
			if a, b := words(review), words(labelled.ask(t, placeWithout(controls), admission.Request{Object: pod.object})); a != b {
				t.Errorf("%s without %v: by name\n%s\nby label\n%s", pod.name, controls, a, b)
			}
		}
		if changed == 0 {
			t.Errorf("no pod is refused by %v", controls)
		}
	})
}

// placeWithout gives the name of the namespace that excludes controls.
func placeWithout(controls []string) string {
	return fmt.Sprintf("without-%x%d", controls[0], len(controls))
}

func wantSameObjects(t *testing.T, a, b values) {
	t.Helper()
	files := readChart(t)
	one, err := renderChart(files, a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := renderChart(files, b)
	if err != nil {
		t.Fatal(err)
	}
	if len(one.Objects) == 0 || len(one.Objects) != len(other.Objects) {
		t.Fatalf("%d and %d objects", len(one.Objects), len(other.Objects))
	}
	for i := range one.Objects {
		x, err := one.Objects[i].JSON()
		y, otherErr := other.Objects[i].JSON()
		if err != nil || otherErr != nil || !bytes.Equal(x, y) {
			t.Errorf("%v %v: got\n%s\nand\n%s", err, otherErr, x, y)
		}
	}
}
