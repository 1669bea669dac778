package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/vapchart/vapchart/internal/probe"
	"github.com/vapchart/vapchart/internal/psa"
	"github.com/vapchart/vapchart/internal/term"
)

// ProbeJSON writes all of it, with every cell.
func ProbeJSON(p probe.Result, w io.Writer) error {
	if p.Objects == nil {
		p.Objects = []probe.ObjectFinding{}
	}
	if p.Labels == nil {
		p.Labels = []psa.Finding{}
	}
	if p.Cells == nil {
		p.Cells = []probe.Cell{}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return fmt.Errorf("report probe: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// ProbeText writes the report for a person: what is wrong with the objects, since that
// is mostly the cause, then the matrix, each difference in a sentence, and what
// could not be learned.
func ProbeText(p probe.Result, w io.Writer) error {
	out := &printer{}
	as := ""
	if p.User != "" {
		as = ", asked as " + p.User
	}
	out.line("cluster", "%s, Kubernetes %s%s", p.Cluster, p.Kubernetes, as)
	for _, f := range p.Objects {
		out.line(string(f.Problem), "%s", objectSentence(f))
	}
	for _, f := range p.Labels {
		out.line("label", "%s", labelSentence(f))
		out.line("", "  hint: %s", f.Hint)
	}
	probeMatrix(p, &out.out)
	for _, d := range differences(p.Cells) {
		out.line(string(d.outcome), "%s", d.sentence())
	}
	for _, u := range unknowns(p.Cells) {
		out.line("unknown", "%s", u.sentence())
	}
	probeSummary(p, out)
	_, err := w.Write(out.out.Bytes())
	return err
}

func objectSentence(f probe.ObjectFinding) string {
	switch f.Problem {
	case probe.Missing:
		return fmt.Sprintf("%s %s: the values give it, and it is not in the cluster", f.Kind, f.Name)
	case probe.Extra:
		return fmt.Sprintf("%s %s: it is of this release, and the values do not give it", f.Kind, f.Name)
	case probe.Former:
		return fmt.Sprintf("%s %s: the release keeps it under this name until the next upgrade", f.Kind, f.Name)
	default:
		return fmt.Sprintf("%s %s: spec.%s not as the values give it", f.Kind, f.Name, strings.Join(f.Fields, ", spec."))
	}
}

func labelSentence(f psa.Finding) string { return f.Namespace + ": " + refusesAllowed(f) }

// refusesAllowed says what of an exception a label refuses.
func refusesAllowed(f psa.Finding) string {
	by := fmt.Sprintf("label %s=%s", f.Label, f.Value)
	if f.Value == "" {
		by = "the cluster's default for " + f.Label
	}
	return fmt.Sprintf("%s refuses what exception %s allows: a pod %s", by, f.Exception, strings.Join(f.Allows, "; a pod "))
}

func probeSummary(p probe.Result, out *printer) {
	namespaces := map[string]bool{}
	for _, c := range p.Cells {
		namespaces[c.Namespace] = true
	}
	cells := probe.Count(p.Cells, func(c probe.Cell) bool { return c.Difference })
	unknown := probe.Count(p.Cells, func(c probe.Cell) bool { return c.Outcome == probe.Unknown })
	text := fmt.Sprintf("%s in %s, none stored: %d as the values say, %d not, %d unknown",
		number(len(p.Cells), "pod"), number(len(namespaces), "namespace"), len(p.Cells)-cells-unknown, cells, unknown)
	if wrong := p.WrongObjects(); wrong > 0 {
		text += "; not as they should be: " + number(wrong, "object")
	}
	out.line("probed", "%s", text)
}

// number gives `1 pod`, `2 pods`.
func number(n int, what string) string { return term.Count(n, what, what+"s") }
