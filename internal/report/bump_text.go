package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/vapchart/vapchart/internal/bump"
	"github.com/vapchart/vapchart/internal/term"
)

// BumpText writes the report for a person: what upstream changed, what holds in the
// chart, what has to follow, which verdicts change, and the chart's next version.
func BumpText(b bump.Result, w io.Writer) error {
	p := &printer{}
	for _, s := range bumpSections(b) {
		p.line(s.title, "%s", s.head)
		for _, item := range s.items {
			p.line("", "  %s", item)
		}
	}
	p.line("version", "%s", bumpProposal(b))
	p.line(bumpVerb(b), "%s", bumpDone(b))
	_, err := w.Write(p.out.Bytes())
	return err
}

// BumpMarkdown writes the same for a pull request.
func BumpMarkdown(b bump.Result, w io.Writer) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "## Policies of %s\n\n%s: **%s**.\n", b.Next.Pin, bumpProposal(b), b.Sentence())
	for _, s := range bumpSections(b) {
		fmt.Fprintf(&out, "\n### %s\n\n%s\n", s.title, s.head)
		const folded = 12 // lines that a reader takes in at a glance
		if len(s.items) > folded {
			fmt.Fprintf(&out, "\n<details><summary>%s</summary>\n", term.Count(len(s.items), "line", "lines"))
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
	fmt.Fprintf(&out, "\n%s: %s\n", bumpVerb(b), bumpDone(b))
	_, err := w.Write(out.Bytes())
	return err
}

// bumpProposal says which version the chart gets.
func bumpProposal(b bump.Result) string {
	if b.Version == "" {
		return b.Present.Version + " stays: nothing differs"
	}
	return fmt.Sprintf("%s -> %s: %s", b.Present.Version, b.Version, b.Why)
}

func bumpVerb(b bump.Result) string {
	if b.Written == bump.Written {
		return "wrote"
	}
	return "unwritten"
}

func bumpDone(b bump.Result) string {
	switch b.Written {
	case bump.Written:
		return "all of it, with an entry in CHANGELOG.md"
	case bump.DryRun:
		return "without --dry-run all of it would be"
	case bump.Blocked:
		return "files by hand have to follow first"
	default:
		return "nothing differs"
	}
}
