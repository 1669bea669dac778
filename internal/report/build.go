// Package report turns what the other packages found into what people and
// machines read. It decides nothing: the same facts always give the same text.
package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/vapchart/vapchart/internal/policy"
)

// Build is what a build made, for the terminal.
type Build struct {
	Pin       policy.Pin
	Read      int // rules that the source holds and that can be native
	LeftOut   []*policy.Unsupported
	Corrected []Line
	Deviates  []Line // with standard: upstream
	Additions []string
	Rules     map[policy.Profile]int // in the chart
	Folder    string
	Version   string
	Archive   string // path of the archive; empty where none was written
	Checked   bool   // nothing was written, since it was there already
}

// Line is one control and what is to be said about it.
type Line struct {
	Control policy.Control
	Rule    string
	Why     string
}

// Text writes the report for a person: what was read, what was changed and why,
// what was made, and the next command.
func (b Build) Text(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "read\t%d rules of %s\n", b.Read, b.Pin)
	section(tw, "corrected", "%d controls where they deviate from the standard", b.Corrected)
	section(tw, "deviates", "%d controls differ from the standard, kept as they are", b.Deviates)
	if len(b.Additions) > 0 {
		fmt.Fprintf(tw, "optional\t%s: of no control, off until the values name it\n", strings.Join(b.Additions, ", "))
	}
	if len(b.LeftOut) > 0 {
		fmt.Fprintf(tw, "left out\t%d rules that cannot be native\n", len(b.LeftOut))
		for _, u := range b.LeftOut {
			fmt.Fprintf(tw, "\t  %s  %s:%d  %s: %s\n", u.Origin, u.Origin.Path, u.Line, u.Reason, u.Detail)
		}
	}
	verb := "wrote"
	if b.Checked {
		verb = "fresh"
	}
	fmt.Fprintf(tw, "%s\t%s %s: %d rules (%d baseline, %d restricted, %d of no profile)\n", verb, b.Folder, b.Version,
		b.Rules[policy.Baseline]+b.Rules[policy.Restricted]+b.Rules[policy.Other],
		b.Rules[policy.Baseline], b.Rules[policy.Restricted], b.Rules[policy.Other])
	if b.Archive != "" {
		fmt.Fprintf(tw, "packed\t%s\n", b.Archive)
	}
	if !b.Checked {
		fmt.Fprintf(tw, "install\thelm upgrade --install pod-security %s\n", b.Folder)
	}
	return tw.Flush()
}

func section(tw io.Writer, title, format string, lines []Line) {
	if len(lines) == 0 {
		return
	}
	controls := map[policy.Control]bool{}
	for _, l := range lines {
		controls[l.Control] = true
	}
	fmt.Fprintf(tw, "%s\t"+format+"\n", title, len(controls))
	for _, l := range lines {
		fmt.Fprintf(tw, "\t  %-28s %s: %s\n", l.Control, l.Rule, l.Why)
	}
}
