package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/rules"
)

// CoverageJSON writes the facts, with a pod for each kind of deviation.
func CoverageJSON(c rules.Coverage, w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(c)
}

// CoverageText writes the table for a person, and below it what upstream's rules do
// instead where they deviate.
func CoverageText(c rules.Coverage, w io.Writer) error {
	var head, rows, below bytes.Buffer
	fmt.Fprintf(&head, "standard %s, policies of %s\n", c.Standard, c.Source)
	right, fixtures := c.FixtureCounts()
	if fixtures > 0 {
		fmt.Fprintf(&head, "fixtures %d of %d right\n", right, fixtures)
	}
	profile := policy.Profile("")
	for _, row := range c.Controls {
		if row.Profile != profile {
			profile = row.Profile
			cells := []string{"\n" + string(profile), "versions", "rules", "from", "probes", "upstream", "fixtures"}
			fmt.Fprintln(&rows, strings.Join(shown(cells, fixtures), "\t"))
		}
		fmt.Fprintln(&rows, "  "+strings.Join(shown(coveredCells(row), fixtures), "\t"))
		if row.Upstream == nil {
			continue
		}
		for _, e := range row.Upstream.Examples {
			fmt.Fprintf(&below, "  %s, %s: %s\n", row.Control, row.Versions(), e)
		}
	}
	table := tabwriter.NewWriter(&head, 0, 0, 2, ' ', 0)
	if _, err := rows.WriteTo(table); err != nil {
		return err
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if below.Len() > 0 {
		fmt.Fprintf(&head, "\nwhat upstream's rules do instead\n%s", below.Bytes())
	}
	_, err := head.WriteTo(w)
	return err
}

// coveredCells gives the row of the table.
func coveredCells(c rules.Covered) []string {
	return []string{
		string(c.Control), c.Versions(), coveredHeld(c), c.From, fmt.Sprintf("%d/%d", c.Right, c.Tried), c.UpstreamRight(),
		fmt.Sprintf("%d/%d", c.FixturesRight, c.Fixtures),
	}
}

// shown leaves out the last column, of the fixtures, where there are none.
func shown(cells []string, fixtures int) []string {
	if fixtures == 0 {
		return cells[:len(cells)-1]
	}
	return cells
}

// coveredHeld gives the rules that enforce the control, or why there are none.
func coveredHeld(c rules.Covered) string {
	switch {
	case len(c.Rules) > 0:
		return strings.Join(c.Rules, ", ")
	case len(c.By) > 0:
		return "covered by " + strings.Join(c.By, ", ")
	default:
		return "NONE"
	}
}
