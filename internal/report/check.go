package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Check is what would become of every object that was judged, in the order in
// which they were read.
type Check []Decision

// Denied counts the objects that would be denied.
func (c Check) Denied() int {
	n := 0
	for _, d := range c {
		if d.Verdict == Denied {
			n++
		}
	}
	return n
}

// JSON writes an array with one object for each that was judged.
func (c Check) JSON(w io.Writer) error {
	all := c
	if all == nil {
		all = Check{}
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

// Text writes the report for a person. Objects of which nothing is to be said
// are only counted. Every block begins with the verdict and the place of the
// object, every line below it with the policy; what a block says is not said
// again in a milder one.
func (c Check) Text(w io.Writer) error {
	var out bytes.Buffer
	count := map[string]int{}
	for _, d := range c {
		blocks := d.blocks()
		for _, b := range blocks {
			b.write(&out, d.Subject)
		}
		gravest := string(Admitted)
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
	findings     []Finding
}

// blocks gives the blocks of an object, the gravest first.
func (d Decision) blocks() []block {
	var out []block
	add := func(title, aboutPods string, findings []Finding) {
		own := filter(findings, func(f Finding) bool { return !f.Pods })
		pods := filter(findings, func(f Finding) bool { return f.Pods })
		for _, b := range []block{{title, "", own}, {title, ": " + aboutPods, pods}} {
			if len(b.findings) > 0 {
				out = append(out, b)
			}
		}
	}
	add("denied", "its pods would be refused", d.Denials)
	add("warned", "about its pods", filter(d.Warnings, func(f Finding) bool { return !says(d.Denials, f) }))
	add("audited", "about its pods", filter(d.Audits, func(f Finding) bool { return !says(d.Denials, f) && !says(d.Warnings, f) }))
	return out
}

func (b block) write(out *bytes.Buffer, s Subject) {
	name, place := s.Kind, ""
	if s.Name != "" {
		name += "/" + s.Name
	}
	if s.Namespace != "" {
		place = " in " + s.Namespace
	}
	fmt.Fprintf(out, "%-8s %s:%d  %s%s%s\n", b.title, s.File, s.Line, oneLine(name), place, b.about)
	for _, f := range b.findings {
		message := oneLine(f.Message)
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

// oneLine keeps what comes from a manifest on its line, and from steering the
// terminal.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
}
