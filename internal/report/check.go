package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/vapchart/vapchart/internal/check"
	"github.com/vapchart/vapchart/internal/term"
)

// CheckJSON writes an array with one object for each that was judged.
func CheckJSON(c check.Result, w io.Writer) error {
	all := c
	if all == nil {
		all = check.Result{}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("report objects: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// CheckText writes the report for a person. Objects of which nothing is to be said
// are only counted. Every block begins with the verdict and the place of the
// object, every line below it with the policy; what a block says is not said
// again in a milder one.
func CheckText(c check.Result, w io.Writer) error {
	var out bytes.Buffer
	count := map[string]int{}
	for _, d := range c {
		blocks := decisionBlocks(d)
		for _, b := range blocks {
			b.write(&out, d.Subject)
		}
		gravest := string(check.Admitted)
		if len(blocks) > 0 {
			gravest = blocks[0].title
		}
		count[gravest]++
	}
	out.WriteString(summary(len(c), count))
	_, err := w.Write(out.Bytes())
	return err
}

// block is what is said about an object, or about its pods, at one level.
type block struct {
	title, about string
	findings     []check.Finding
}

// decisionBlocks gives the blocks of an object, the gravest first.
func decisionBlocks(d check.Decision) []block {
	var out []block
	add := func(title, aboutPods string, findings []check.Finding) {
		own := check.Filter(findings, func(f check.Finding) bool { return !f.Pods })
		pods := check.Filter(findings, func(f check.Finding) bool { return f.Pods })
		for _, b := range []block{{title, "", own}, {title, ": " + aboutPods, pods}} {
			if len(b.findings) > 0 {
				out = append(out, b)
			}
		}
	}
	add("denied", "its pods would be refused", d.Denials)
	add("warned", "about its pods", check.Filter(d.Warnings, func(f check.Finding) bool { return !check.Says(d.Denials, f) }))
	add("audited", "about its pods", check.Filter(d.Audits, func(f check.Finding) bool { return !check.Says(d.Denials, f) && !check.Says(d.Warnings, f) }))
	return out
}

func (b block) write(out *bytes.Buffer, s check.Subject) {
	name, place := s.Kind, ""
	if s.Name != "" {
		name += "/" + s.Name
	}
	if s.Namespace != "" {
		place = " in " + s.Namespace
	}
	fmt.Fprintf(out, "%-8s %s:%d  %s%s%s\n", b.title, s.File, s.Line, term.OneLine(name), place, b.about)
	for _, f := range b.findings {
		message := term.OneLine(f.Message)
		if f.Error {
			message = "could not be evaluated (failurePolicy Fail): " + message
		}
		fmt.Fprintf(out, "           %s: %s\n", f.Policy, message)
	}
}

// summary gives `3 objects: 1 admitted, 1 denied, 1 warned`, each object under
// the gravest that is said about it, without counts of zero.
func summary(total int, count map[string]int) string {
	objects := "objects"
	if total == 1 {
		objects = "object"
	}
	var parts []string
	for _, title := range []string{"admitted", "denied", "warned", "audited"} {
		if n := count[title]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, title))
		}
	}
	return strings.TrimSuffix(fmt.Sprintf("%d %s: %s", total, objects, strings.Join(parts, ", ")), ": ") + "\n"
}
