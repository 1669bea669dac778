package report_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/probe"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/sample"
)

// TestProbeDoc holds the report that docs/probe.md shows against what is printed.
func TestProbeDoc(t *testing.T) {
	pid := probe.Said{Policy: "disallow-host-namespaces", Message: "spec.hostPID must be unset or false"}
	p := probe.Result{
		Cluster: "https://staging.example:6443", Kubernetes: "1.36", User: "ops",
		Objects: []probe.ObjectFinding{{Problem: probe.Missing, Kind: "binding", Name: pid.Policy}},
		Labels: probe.LabelFindings([]probe.Cell{{
			Namespace: "mw-old", Outcome: probe.Hidden,
			Pod: probe.Pod{Exception: "sys-ptrace", Allowed: true, Text: "with added capabilities SYS_PTRACE"},
		}}, nil),
	}
	p.Labels[0].Value = "baseline"
	for _, c := range pss.Controls() {
		p.Controls = append(p.Controls, string(c.ID))
	}
	add := func(namespace string, outcome probe.Outcome, pod probe.Pod, expected probe.Expected, difference bool) {
		p.Cells = append(p.Cells, probe.Cell{Namespace: namespace, Pod: pod, Outcome: outcome, Expected: expected, Difference: difference})
	}
	for _, namespace := range []string{"mw-api", "mw-old", "mw-web", "tools"} {
		enforced, wiki := probe.Enforced, namespace != "tools"
		if !wiki {
			enforced = probe.Warned
		}
		add(namespace, probe.Allowed, probe.Pod{}, probe.Expected{}, false)
		for _, c := range pss.Controls() {
			pod := probe.Pod{Control: string(c.ID)}
			switch {
			case c.ID == "procMount":
			case namespace == "mw-old" && c.Profile == "baseline":
				add(namespace, probe.Hidden, pod, probe.Expected{Denials: []probe.Said{pid}}, false)
			case c.ID == "hostNamespaces" && wiki:
				pod.Text = "with hostPID"
				add(namespace, probe.Open, pod, probe.Expected{Denials: []probe.Said{pid}}, true)
			default:
				add(namespace, enforced, pod, probe.Expected{}, false)
			}
		}
		if wiki {
			pod := probe.Pod{Exception: "sys-ptrace", Allowed: true}
			outcome := map[bool]probe.Outcome{true: probe.Hidden, false: probe.Allowed}[namespace == "mw-old"]
			add(namespace, outcome, pod, probe.Expected{}, outcome == probe.Hidden)
		}
	}
	var out bytes.Buffer
	if err := report.ProbeText(p, &out); err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../../docs/probe.md")
	if err != nil {
		t.Fatal(err)
	}
	offers, err := sample.Offers()
	if err != nil {
		t.Fatal(err)
	}
	if many := fmt.Sprintf("\n%d pods in every namespace", len(offers)); !strings.Contains(string(doc), many) {
		t.Errorf("docs/probe.md does not say%s", many)
	}
	if !strings.Contains(string(doc), "```\n"+out.String()+"```\n") {
		t.Errorf("docs/probe.md does not show\n%s", out.String())
	}
}
