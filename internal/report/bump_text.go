package report

import (
	"bytes"
	"fmt"
	"io"
)

// Text writes the report for a person: what upstream changed, what holds in the
// chart, what has to follow, which verdicts change, and the chart's next version.
func (b Bump) Text(w io.Writer) error {
	p := &printer{}
	for _, s := range b.sections() {
		p.line(s.title, "%s", s.head)
		for _, item := range s.items {
			p.line("", "  %s", item)
		}
	}
	p.line("version", "%s", b.proposal())
	p.line(b.verb(), "%s", b.done())
	_, err := w.Write(p.out.Bytes())
	return err
}

// Markdown writes the same for a pull request.
func (b Bump) Markdown(w io.Writer) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "## Policies of %s\n\n%s: **%s**.\n", b.Next.Pin, b.proposal(), b.Sentence())
	for _, s := range b.sections() {
		fmt.Fprintf(&out, "\n### %s\n\n%s\n", s.title, s.head)
		const folded = 12 // lines that a reader takes in at a glance
		if len(s.items) > folded {
			fmt.Fprintf(&out, "\n<details><summary>%s</summary>\n", plural(len(s.items), "line", "lines"))
		}
		for i, item := range s.items {
			if i == 0 {
				out.WriteString("\n")
			}
			fmt.Fprintf(&out, "- `%s`\n", item)
		}
		if len(s.items) > folded {
			out.WriteString("\n</details>\n")
		}
	}
	fmt.Fprintf(&out, "\n%s: %s\n", b.verb(), b.done())
	_, err := w.Write(out.Bytes())
	return err
}

// proposal says which version the chart gets.
func (b Bump) proposal() string {
	if b.Version == "" {
		return b.Present.Version + " stays: nothing differs"
	}
	return fmt.Sprintf("%s -> %s: %s", b.Present.Version, b.Version, b.Why)
}

func (b Bump) verb() string {
	if b.Written == Written {
		return "wrote"
	}
	return "unwritten"
}

func (b Bump) done() string {
	switch b.Written {
	case Written:
		return "all of it, with an entry in CHANGELOG.md"
	case DryRun:
		return "without --dry-run all of it would be"
	case Blocked:
		return "files by hand have to follow first"
	default:
		return "nothing differs"
	}
}
