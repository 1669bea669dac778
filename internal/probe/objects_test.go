package probe_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/probe"
)

func TestCompareObjects(t *testing.T) {
	labels := func(name, instance string) map[string]string {
		return map[string]string{"app.kubernetes.io/name": name, "app.kubernetes.io/instance": instance}
	}
	object := func(kind, name string, l map[string]string, spec ...any) probe.Object {
		fields := map[string]any{}
		for i := 0; i < len(spec); i += 2 {
			fields[spec[i].(string)] = spec[i+1]
		}
		return probe.Object{Kind: kind, Name: name, Labels: l, Spec: fields}
	}
	ours, former := labels("chart", "one"), labels("chart", "one")
	former["vapchart.dev/former"] = "true"
	want := []probe.Object{
		object("policy", "a", ours, "x", int64(1), "y", []any{"b"}), object("policy", "gone", ours),
		object("binding", "a", ours, "actions", []any{"Deny"}),
	}
	got := probe.CompareObjects(want, []probe.Object{
		object("policy", "a", nil, "x", int64(2), "y", []any{"b"}, "z", true),
		object("binding", "a", ours, "actions", []any{"Deny"}),
		object("binding", "gone", ours), object("policy", "old", ours),
		object("policy", "of another release", labels("chart", "two")), object("policy", "of another chart", labels("other", "one")),
		object("policy", "of nobody", nil), object("policy", "renamed", former),
	})
	var lines []string
	for _, f := range got {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", f.Problem, f.Kind, f.Name, strings.Join(f.Fields, ",")))
	}
	if w := []string{"changed policy a x,z", "missing policy gone ", "extra policy old ", "former policy renamed ", "extra binding gone "}; !reflect.DeepEqual(lines, w) {
		t.Errorf("got %q, want %q", lines, w)
	}
	// Objects without the labels of a release are nobody's, even among others.
	if probe.OfRelease([]probe.Object{object("policy", "a", nil)}, object("policy", "b", nil)) {
		t.Error("an object without labels is of a release")
	}
}

func TestLabelFindings(t *testing.T) {
	words := `violates PodSecurity "restricted:latest": hostPath`
	cell := func(namespace, text string, change func(*probe.Cell)) probe.Cell {
		c := probe.Cell{
			Namespace: namespace, Pod: probe.Pod{Exception: "geoip", Allowed: true, Text: text},
			Got: probe.Answer{Verdict: probe.PodSecurity, Words: words}, Outcome: probe.Hidden,
		}
		if change != nil {
			change(&c)
		}
		return c
	}
	got := probe.LabelFindings([]probe.Cell{
		cell("a", "one", nil), cell("a", "two", nil),
		cell("a", "beyond", func(c *probe.Cell) { c.Allowed = false }),
		cell("a", "refused by the values too", func(c *probe.Cell) { c.Expected.Denials = said("p no") }),
		cell("a", "admitted", func(c *probe.Cell) { c.Outcome = probe.Allowed }),
		cell("b", "one", nil),
	}, []corev1.Namespace{
		{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}}},
		{ObjectMeta: metav1.ObjectMeta{Name: "b"}},
	})
	if len(got) != 2 {
		t.Fatalf("got %+v", got)
	}
	a, b := got[0], got[1]
	if a.Namespace != "a" || a.Value != "restricted" || a.Exception != "geoip" || !reflect.DeepEqual(a.Allows, []string{"one", "two"}) ||
		a.Words != words || !strings.Contains(a.Hint, "namespace a pod-security.kubernetes.io/enforce=privileged") {
		t.Errorf("got %+v", a)
	}
	if b.Namespace != "b" || b.Value != "" || len(b.Allows) != 1 {
		t.Errorf("got %+v", b)
	}
}

// TestRefusal takes words apart as API servers say them.
func TestRefusal(t *testing.T) {
	for words, want := range map[string]probe.Answer{
		`pods "p-1" is forbidden: ValidatingAdmissionPolicy 'a' with binding 'b' denied request: spec: 'x' denied request: y`: {
			Verdict: probe.Denied, Denial: &probe.Said{Policy: "a", Message: "spec: 'x' denied request: y"}},
		`pods "p-1" is forbidden: ValidatingAdmissionPolicy 'a' denied request: failed to configure policy`: {
			Verdict: probe.Denied, Denial: &probe.Said{Policy: "a", Message: "failed to configure policy"}},
		`pods "p-1" is forbidden: violates PodSecurity "baseline:v1.30": privileged`: {
			Verdict: probe.PodSecurity, Words: `violates PodSecurity "baseline:v1.30": privileged`},
		`Pod "p-1" is invalid: spec.os: Required value`: {Verdict: probe.Refused, Words: "spec.os: Required value"},
		`admission webhook "w" denied the request: ValidatingAdmissionPolicy 'a' denied request: b`: {
			Verdict: probe.Refused, Words: `admission webhook "w" denied the request: ValidatingAdmissionPolicy 'a' denied request: b`},
		`pods is forbidden: User "u" cannot create resource "pods"`: {Verdict: probe.Refused, Words: `pods is forbidden: User "u" cannot create resource "pods"`},
	} {
		if got := probe.Refusal(words, nil); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", words, got, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	got := probe.Admission(nil, []string{
		"would violate PodSecurity", "Validation failed for ValidatingAdmissionPolicy 'a' with binding 'b': c: d",
		"Validation failed for ValidatingAdmissionPolicy 'a' with binding 'b2': c: d",
	})
	if !reflect.DeepEqual(got.Warnings, said("a c: d")) || got.Verdict != probe.Admitted {
		t.Errorf("got %+v", got)
	}
}
