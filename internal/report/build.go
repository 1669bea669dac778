// Package report writes what verbs found, as text, JSON, YAML or Markdown. It decides
// nothing: it takes the facts of a verb and a writer, and the same facts make the same
// text. The only errors are those of the writer and of the encoder.
package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/build"
	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/policy"
)

// BuildText writes the report for a person: what was read, what was changed and why,
// what was made, and the next command.
func BuildText(b build.Result, w io.Writer) error {
	p := &printer{}
	p.line("read", "%d rules of %s", b.Read, b.Pin)
	p.controls("corrected", "%d controls, where the rules deviate from the standard", b.Corrected)
	p.controls("deviates", "%d controls, kept as they are", b.Deviates)
	if len(b.Additions) > 0 {
		p.line("available", "%s: beyond the standard, off until the values name it", strings.Join(b.Additions, ", "))
	}
	if len(b.LeftOut) > 0 {
		p.line("left out", "%d rules that cannot be native", len(b.LeftOut))
		for _, u := range b.LeftOut {
			p.line("", "  %s  %s:%d  %s: %s", u.Origin, u.Origin.Path, u.Line, u.Reason, u.Detail)
		}
	}
	verb := "wrote"
	if b.Checked {
		verb = "up to date"
	}
	p.line(verb, "%s %s: %s", b.Folder, b.Version, counts(b.Rules))
	for _, c := range b.Clusters {
		p.cluster(verb, c)
	}
	p.line(verb, "%s: %s", b.Tests.Folder, testsText(b.Tests))
	p.labels(b.Clusters)
	p.without(b.Tests)
	p.differences(b.Tests)
	p.changes(b.Clusters)
	if b.Archive != "" {
		p.line("packed", "%s", b.Archive)
	}
	if !b.Checked {
		p.line("install", "helm upgrade --install pod-security %s", b.Folder)
	}
	_, err := w.Write(p.out.Bytes())
	return err
}

// counts gives `22 rules (13 baseline, 8 restricted, 1 other)`.
func counts(rules map[policy.Profile]int) string {
	total := 0
	var parts []string
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted, policy.Other} {
		if n := rules[profile]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %s", n, profile))
		}
	}
	return fmt.Sprintf("%d rules (%s)", total, strings.Join(parts, ", "))
}

// printer lays lines out in two columns.
type printer struct{ out bytes.Buffer }

func (p *printer) line(title, format string, args ...any) {
	fmt.Fprintf(&p.out, "%-10s "+format+"\n", append([]any{title}, args...)...)
}

// testsText says how many tests there are.
func testsText(t chainsaw.Suite) string {
	if t.Rules+t.Exceptions == 0 {
		return "no Chainsaw tests"
	}
	return fmt.Sprintf("Chainsaw tests of %s and %s, %s",
		number(t.Rules, "rule"), number(t.Exceptions, "exception"), number(t.Samples, "object"))
}

// SuiteText writes what was made for one cluster, for a person, with the command that runs it.
func SuiteText(t chainsaw.Suite, w io.Writer) error {
	p := &printer{}
	p.line("wrote", "%s: %s", t.Folder, testsText(t))
	p.without(t)
	p.differences(t)
	if t.Rules+t.Exceptions > 0 {
		p.line("run", "chainsaw test --test-dir %s", t.Folder)
	}
	_, err := w.Write(p.out.Bytes())
	return err
}

// without tells of what has no test, and why.
func (p *printer) without(t chainsaw.Suite) {
	for _, m := range t.Missing {
		p.line("no test", "%s: %s", strings.Join(m.Names, ", "), m.Why)
	}
}

// differences tells of what upstream's own tests expect and the rules do not do: a
// line for each file.
func (p *printer) differences(t chainsaw.Suite) {
	byFile, total := map[string][]string{}, 0
	for _, d := range t.Differs {
		if !slices.Contains(byFile[d.File], d.Resource) {
			byFile[d.File] = append(byFile[d.File], d.Resource)
			total++
		}
	}
	if total == 0 {
		return
	}
	p.line("upstream test differs:", "%d resources get another verdict than their names say", total)
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		p.line("", "  %s: %s", file, strings.Join(byFile[file], ", "))
	}
}

func (p *printer) controls(title, format string, lines []build.ControlLine) {
	if len(lines) == 0 {
		return
	}
	p.line(title, format, len(lines))
	for _, l := range lines {
		p.line("", "  %-27s %s", l.Control, l.Why)
	}
}
