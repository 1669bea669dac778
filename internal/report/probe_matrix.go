package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/probe"
)

// Columns of the matrix besides the controls.
const (
	columnCompliant = "a pod that complies"
	columnException = "exceptions"
)

// sign is how a cell of the matrix shows, and what that means.
type sign struct{ mark, text string }

// signs gives every sign, the gravest first: a cell of several pods shows that.
func signs() []sign {
	return []sign{
		{"O", "open: the values refuse or warn, the cluster does not"},
		{"C", "closed: the values admit, the cluster refuses or warns"},
		{"X", "another policy speaks than the values say"},
		{"H", "hidden: Pod Security Admission refuses what the values admit"},
		{"?", "unknown: something else refuses it"},
		{"e", "what the exceptions allow passes, and what is beyond does not"},
		{"d", "denied"},
		{"r", "denied, but another rule than the control's spoke first"},
		{"p", "denied, by Pod Security Admission first"},
		{"w", "warned"},
		{".", "admitted"},
		{"-", "not asked"},
	}
}

func signOf(c probe.Cell) string {
	grave := map[probe.Outcome]string{probe.Open: "O", probe.Closed: "C", probe.Other: "X", probe.Unknown: "?"}
	agreeing := map[probe.Outcome]string{probe.Enforced: "d", probe.Covered: "r", probe.Warned: "w", probe.Allowed: "."}
	mark, ok := grave[c.Outcome]
	switch {
	case ok:
		return mark
	case c.Outcome == probe.Hidden && c.Difference:
		return "H"
	case c.Outcome == probe.Hidden:
		return "p"
	case c.Exception != "":
		return "e"
	}
	return agreeing[c.Outcome]
}

func columnOf(c probe.Cell) string {
	switch {
	case c.Exception != "":
		return columnException
	case c.Control == "":
		return columnCompliant
	}
	return c.Control
}

// row is a line of the matrix: the namespaces of which all cells are equal.
type row struct {
	marks      []string
	namespaces []string
}

// rows gives the lines in the order of their first namespaces.
func rows(cells []probe.Cell, columns []string) []row {
	marks := map[string][]string{}
	var order []string
	for _, c := range cells {
		if marks[c.Namespace] == nil {
			order = append(order, c.Namespace)
			marks[c.Namespace] = slices.Repeat([]string{"-"}, len(columns))
		}
		if i := slices.Index(columns, columnOf(c)); i >= 0 {
			m := marks[c.Namespace]
			m[i] = gravest(m[i], signOf(c))
		}
	}
	var out []row
	for _, name := range order {
		i := slices.IndexFunc(out, func(r row) bool { return slices.Equal(r.marks, marks[name]) })
		if i < 0 {
			out, i = append(out, row{marks: marks[name]}), len(out)
		}
		out[i].namespaces = append(out[i].namespaces, name)
	}
	return out
}

func gravest(a, b string) string {
	place := func(mark string) int { return slices.IndexFunc(signs(), func(s sign) bool { return s.mark == mark }) }
	if place(a) < place(b) {
		return a
	}
	return b
}

// probeMatrix writes the namespaces by the controls, then what the columns and the
// signs stand for. Columns have numbers, since the names of twenty controls fit no
// line.
func probeMatrix(p probe.Result, out *bytes.Buffer) {
	if len(p.Cells) == 0 {
		return
	}
	columns := append(append([]string{columnCompliant}, p.Controls...), columnException)
	out.WriteString("\n")
	for i := range columns {
		fmt.Fprintf(out, "%3d", i+1)
	}
	out.WriteString("\n")
	used := map[string]bool{}
	for _, r := range rows(p.Cells, columns) {
		for _, mark := range r.marks {
			used[mark] = true
			fmt.Fprintf(out, "%3s", mark)
		}
		fmt.Fprintf(out, "   %s\n", strings.Join(r.namespaces, ", "))
	}
	out.WriteString("\n")
	var names []string
	for i, c := range columns {
		names = append(names, fmt.Sprintf("%d %s", i+1, c))
	}
	wrap(out, names)
	for _, s := range signs() {
		if used[s.mark] {
			fmt.Fprintf(out, "  %s  %s\n", s.mark, s.text)
		}
	}
	out.WriteString("\n")
}

// wrap writes a list in lines of at most 100 letters.
func wrap(out *bytes.Buffer, list []string) {
	line := " "
	for i, item := range list {
		if i < len(list)-1 {
			item += ","
		}
		if len(line)+1+len(item) > 100 {
			out.WriteString(line + "\n")
			line = " "
		}
		line += " " + item
	}
	out.WriteString(line + "\n")
}
