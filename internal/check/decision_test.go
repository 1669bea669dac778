package check_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/check"
)

// review makes a review of lines such as `Deny,Audit no-pid hostPID is set`: the
// actions, the policy, the message. A policy whose name begins with ! is broken.
func review(lines ...string) *admission.Review {
	out := &admission.Review{}
	for _, line := range lines {
		part := strings.SplitN(line, " ", 3)
		policy, broken := strings.CutPrefix(part[1], "!")
		f := admission.Failure{Policy: policy, Binding: policy + "-binding", Message: part[2], Broken: broken}
		for _, action := range strings.Split(part[0], ",") {
			if action != "-" {
				f.Actions = append(f.Actions, admissionv1.ValidationAction(action))
			}
		}
		out.Evaluations = append(out.Evaluations, admission.Evaluation{Policy: policy, Failures: []admission.Failure{f}})
	}
	return out
}

// lines gives findings as `policy message`, with what is special behind.
func lines(findings []check.Finding) []string {
	out := []string{}
	for _, f := range findings {
		line := f.Policy + " " + f.Message
		if f.Binding != f.Policy+"-binding" {
			line += " by " + f.Binding
		}
		if f.Pods {
			line += " (pods)"
		}
		if f.Error {
			line += " (error)"
		}
		out = append(out, line)
	}
	return out
}

func TestDecide(t *testing.T) {
	for name, c := range map[string]struct {
		object, pods              *admission.Review
		denials, warnings, audits []string
	}{
		"nothing":           {object: review(), pods: review()},
		"no pods":           {object: review("Deny a x", "Warn b y", "Audit c z"), denials: []string{"a x"}, warnings: []string{"b y"}, audits: []string{"c z"}},
		"two actions":       {object: review("Warn,Audit a x"), warnings: []string{"a x"}, audits: []string{"a x"}},
		"denied by two":     {object: review("Deny a x", "Deny b x"), denials: []string{"a x", "b x"}},
		"the same twice":    {object: review("Deny a x", "Deny a x"), denials: []string{"a x"}},
		"an error":          {object: review("Deny !a x"), denials: []string{"a x (error)"}},
		"an ignored error":  {object: review("- !a x")},
		"only pods, denied": {object: review(), pods: review("Deny a x"), denials: []string{"a x (pods)"}},
		"only pods, warned": {object: review(), pods: review("Warn,Audit a x"), warnings: []string{"a x (pods)"}, audits: []string{"a x (pods)"}},
		"a warning about the controller of denied pods": {
			object: review("Warn,Audit a-controllers x"), pods: review("Deny a x"),
			denials: []string{"a x (pods)"},
		},
		"both denied": {object: review("Deny a-controllers x"), pods: review("Deny a x"), denials: []string{"a-controllers x"}},
		"both warned": {object: review("Warn,Audit a-controllers x"), pods: review("Warn,Audit a x"), warnings: []string{"a-controllers x"}, audits: []string{"a-controllers x"}},
		"warned and audited apart": {
			object: review("Warn a-controllers x", "Audit a-controllers-audit x"), pods: review("Warn a x", "Audit a-audit x"),
			warnings: []string{"a-controllers x"}, audits: []string{"a-controllers-audit x"},
		},
		"the controller denied, its pods warned": {
			object: review("Deny a-controllers x"), pods: review("Warn a x"), denials: []string{"a-controllers x"},
		},
		"different things": {
			object: review("Warn a-controllers x", "Deny b y"), pods: review("Deny c z"),
			denials: []string{"b y", "c z (pods)"}, warnings: []string{"a-controllers x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			subject := check.Subject{File: "f.yaml", Line: 1, Kind: "Deployment", Name: "web"}
			d := check.Decide(subject, c.object, c.pods)
			want := check.Admitted
			if len(c.denials) > 0 {
				want = check.Denied
			}
			if d.Verdict != want || d.Subject != subject {
				t.Errorf("got %s of %+v, want %s", d.Verdict, d.Subject, want)
			}
			for _, level := range []struct {
				name string
				got  []check.Finding
				want []string
			}{{"denials", d.Denials, c.denials}, {"warnings", d.Warnings, c.warnings}, {"audits", d.Audits, c.audits}} {
				if got := lines(level.got); level.got == nil || fmt.Sprint(got) != fmt.Sprint(level.want) || !reflect.DeepEqual(got, append([]string{}, level.want...)) {
					t.Errorf("%s: got %q, want %q", level.name, got, level.want)
				}
			}
		})
	}
}
