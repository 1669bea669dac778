package rules

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
)

// Markdown writes the table as the chart ships it, and below it each deviation
// with a pod that shows it.
func (c Coverage) Markdown(w io.Writer) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Coverage of the Pod Security Standards\n\n")
	fmt.Fprintf(&out, "Policies of %s, standard: %s. The probes are pods a small step around what a control\n", c.Source, c.Standard)
	fmt.Fprintf(&out, "allows; Pod Security Admission's own evaluator says what is right.\n\n")
	fmt.Fprintf(&out, "| control | profile | versions | rules | from | probes right | upstream's right |\n|---|---|---|---|---|---|---|\n")
	for _, row := range c.Controls {
		rules := "**none**"
		if len(row.Rules) > 0 {
			rules = "`" + strings.Join(row.Rules, "`, `") + "`"
		} else if len(row.By) > 0 {
			rules = "covered by `" + strings.Join(row.By, "`, `") + "`"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %d of %d | %s |\n", row.Control, row.Profile, row.Versions(), rules, row.From, row.Right, row.Tried,
			strings.ReplaceAll(row.UpstreamRight(), "/", " of "))
	}
	told := false
	for _, row := range c.Controls {
		if row.Upstream == nil {
			continue
		}
		if !told {
			fmt.Fprintf(&out, "\n## What upstream's rules do instead\n")
			told = true
		}
		fmt.Fprintf(&out, "\n### %s, %s\n", row.Control, row.Versions())
		for _, e := range row.Upstream.Examples {
			pod, err := manifest.Encode(e.Pod)
			if err != nil {
				return fmt.Errorf("report %s: %w", row.Control, err)
			}
			fmt.Fprintf(&out, "\nUpstream %s:\n\n```yaml\n%s```\n", e, pod)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}
