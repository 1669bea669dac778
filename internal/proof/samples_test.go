package proof_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	samplepods "github.com/vapchart/vapchart/internal/sample"
)

// TestSamples judges the pods that try an exception in a namespace where it is in
// force, by names and by labels: what it allows passes, and what is beyond does
// not. Only what Kubernetes wants beside a thing may be refused as well.
func TestSamples(t *testing.T) {
	c := readCatalogue(t)
	places := slices.DeleteFunc(c.places(), func(p place) bool { return p.profile != policy.Restricted || len(p.exceptions) != 1 })
	named, labelled := install(t, byName(c, places)), byLabel(t, c, places)
	samples := samplepods.ExceptionPods(pss.Probes()[0].Pod, decoded(t, values{"exceptions": c.values()}).Allows())
	beside := map[string][]policy.Control{"privileged": {"allowPrivilegeEscalation"}, "hostProcess": {"hostNamespaces"}}
	count := map[string]int{}
	for _, s := range samples {
		if s.Key == "" {
			continue // what the whole of an exception meets beside it is not for this test
		}
		at := places[slices.IndexFunc(places, func(p place) bool { return p.exceptions[0] == s.Exception })].name
		pod := sampleOf(t, s.Text, s.Pod).object
		for binding, w := range map[string]*world{"name": named, "label": labelled} {
			got := slices.DeleteFunc(w.refusing(w.ask(t, at, admission.Request{Object: pod})), func(id policy.Control) bool {
				return slices.Contains(beside[s.Key], id)
			})
			if s.Allowed != (len(got) == 0) {
				t.Errorf("exception %s by %s: a pod %s is refused by %v, want it allowed: %t", s.Exception, binding, s.Text, got, s.Allowed)
			}
		}
		count[fmt.Sprint(s.Key, s.Allowed)]++
	}
	for _, k := range exception.Keys() {
		if count[k.Name+"true"] == 0 {
			t.Errorf("nothing tries what %s allows", k.Name)
		}
		if k.Kind != exception.Bool && len(k.Words) != 1 && k.Name != "seccompProfiles" && count[k.Name+"false"] == 0 {
			t.Errorf("nothing goes beyond %s", k.Name)
		}
	}
}

// TestInForce compares which exceptions are said to be in force with what the
// policies do, by names and by labels.
func TestInForce(t *testing.T) {
	keys := parse(t, `
"*": {profile: restricted}
"a*": {profile: restricted, exceptions: [pid]}
"a*b": {profile: restricted, exceptions: [ptrace, pid]}
"ab": {profile: restricted}
"*bbb": {profile: restricted, exceptions: [ptrace]}
"b*": {profile: restricted}
"gone*": null
`)
	exceptions := parse(t, `{ptrace: {reason: a test, allow: {capabilities: [SYS_PTRACE]}}, pid: {reason: a test, allow: {hostNamespaces: [hostPID]}}}`)
	v := with(silent(), values{"namespaces": keys, "exceptions": exceptions})
	byLabels := with(silent(), values{"namespaceBinding": "label", "labelDomain": domain, "exceptions": exceptions, "namespaces": values{}})
	named, labelled := install(t, v), install(t, byLabels)
	samples := samplepods.ExceptionPods(pss.Probes()[0].Pod, decoded(t, v).Allows())
	labels := map[string]map[string]string{
		"both": {"profile": "restricted", "pid": "include", "ptrace": "include"},
		"one":  {"profile": "restricted", "pid": "exclude", "ptrace": "include"},
		"none": {"profile": "restricted"},
	}
	tried := 0
	try := func(w *world, v values, name string) {
		var on map[string]string
		if ns := w.namespaces[name]; ns != nil {
			on = ns.Labels
		}
		inForce := decoded(t, v).In(name, on).Exceptions
		for _, s := range samples {
			if !s.Allowed || s.Key == "" {
				continue
			}
			tried++
			review := w.ask(t, name, admission.Request{Object: sampleOf(t, s.Text, s.Pod).object})
			if slices.Contains(inForce, s.Exception) != review.Allowed() {
				t.Errorf("namespace %s: in force is %v, but a pod %s is admitted: %t", name, inForce, s.Text, review.Allowed())
			}
		}
	}
	for _, name := range []string{"ab", "aab", "a", "ax", "b", "bbb", "gone", "goneb"} {
		try(named, v, name)
	}
	for name, set := range labels {
		labelled.label(name, set)
		try(labelled, byLabels, name)
	}
	if tried != 22 {
		t.Errorf("%d pods were tried", tried)
	}
}

// TestOffersMeetEveryRule wants every rule of the built-in library to refuse one
// of the pods that live clusters are asked about; else nobody would see it gone.
func TestOffersMeetEveryRule(t *testing.T) {
	w := install(t, with(silent(), parse(t, `{namespaces: {here: {profile: restricted}}}`)))
	offers, err := samplepods.Offers()
	if err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{}
	for name := range w.controls {
		missing[name] = true
	}
	for _, o := range offers {
		for _, d := range w.ask(t, "here", admission.Request{Object: sampleOf(t, o.Name, o.Pod).object}).Denials() {
			delete(missing, d.Policy)
		}
	}
	delete(missing, "disallow-proc-mount-check-proc-mount") // Kubernetes itself refuses what it does
	if len(w.controls) < 20 || len(missing) > 0 {
		t.Errorf("of %d rules no pod is refused by %v", len(w.controls), missing)
	}
}
