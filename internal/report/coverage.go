package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/vapchart/vapchart/internal/policy"
)

// Coverage is what enforces the controls of the Pod Security Standards, in every
// version of them.
type Coverage struct {
	Source   string    `json:"source"`   // of the policies
	Standard string    `json:"standard"` // strict or upstream
	Controls []Covered `json:"controls"` // baseline before restricted, each by its versions, the oldest first

	Fixtures      int `json:"fixtures,omitempty"` // of a test suite that was given, those of no control
	FixturesRight int `json:"fixturesRight,omitempty"`
}

// Covered is a control during some versions of the standard: what enforces it
// then, and how that compares with Pod Security Admission.
type Covered struct {
	Control  policy.Control `json:"control"`
	Title    string         `json:"title"`
	Profile  policy.Profile `json:"profile"`
	Revision string         `json:"revision"`        // the version that brought what the standard says of it then
	Since    string         `json:"since"`           // the first of these versions
	Until    string         `json:"until,omitempty"` // the first that is none of them; empty for the newest
	Rules    []string       `json:"rules"`           // that enforce it
	By       []string       `json:"coveredBy,omitempty"`
	From     string         `json:"from"`               // whose rules they are: upstream, builtin, mixed or none
	Tried    int            `json:"tried"`              // probes that tell how it is held
	Right    int            `json:"right"`              // of these, on how many verdict and standard agree
	Upstream *Given         `json:"upstream,omitempty"` // where its rules deviate

	Fixtures      int `json:"fixtures,omitempty"` // of a test suite that was given, of this control and these versions
	FixturesRight int `json:"fixturesRight,omitempty"`
}

// Given is what the rules that upstream has for a control do where they deviate.
type Given struct {
	Right    int       `json:"right"` // of the probes
	Examples []Example `json:"examples"`
}

// Example is a pod on which rules and standard differ.
type Example struct {
	Text    string `json:"text"`    // what the rules do: admits or refuses a pod …
	Refused bool   `json:"refused"` // by the rules; the standard says the opposite
	Like    int    `json:"like"`    // how many more probes of this kind there are
	Pod     any    `json:"pod"`
}

// Gap tells whether something is not held as the standard has it.
func (c Covered) Gap() bool {
	return c.Right < c.Tried || c.FixturesRight < c.Fixtures || len(c.Rules)+len(c.By) == 0
}

// Wrong says how the control is not held as the standard has it.
func (c Covered) Wrong() string {
	out := fmt.Sprintf("%d of %d probes are right", c.Right, c.Tried)
	if c.Fixtures > 0 {
		out += fmt.Sprintf(", and %d of %d fixtures", c.FixturesRight, c.Fixtures)
	}
	if len(c.Rules)+len(c.By) == 0 {
		out = "no rule enforces it; " + out
	}
	return out
}

// Gaps gives what is not held as the standard has it.
func (c Coverage) Gaps() []Covered {
	var out []Covered
	for _, row := range c.Controls {
		if row.Gap() {
			out = append(out, row)
		}
	}
	return out
}

// fixtures counts all.
func (c Coverage) fixtures() (right, all int) {
	right, all = c.FixturesRight, c.Fixtures
	for _, row := range c.Controls {
		right, all = right+row.FixturesRight, all+row.Fixtures
	}
	return right, all
}

// JSON writes the facts, with a pod for each kind of deviation.
func (c Coverage) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(c)
}

// Text writes the table for a person, and below it what upstream's rules do
// instead where they deviate.
func (c Coverage) Text(w io.Writer) error {
	var head, rows, below bytes.Buffer
	fmt.Fprintf(&head, "standard %s, policies of %s\n", c.Standard, c.Source)
	right, fixtures := c.fixtures()
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
		fmt.Fprintln(&rows, "  "+strings.Join(shown(row.cells(), fixtures), "\t"))
		if row.Upstream == nil {
			continue
		}
		for _, e := range row.Upstream.Examples {
			fmt.Fprintf(&below, "  %s, %s: %s\n", row.Control, row.versions(), e)
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

// cells gives the row of the table.
func (c Covered) cells() []string {
	return []string{
		string(c.Control), c.versions(), c.held(), c.From, fmt.Sprintf("%d/%d", c.Right, c.Tried), c.upstream(),
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

func (c Covered) versions() string {
	if c.Until == "" {
		return c.Since + " and later"
	}
	return c.Since + " until " + c.Until
}

// held gives the rules that enforce the control, or why there are none.
func (c Covered) held() string {
	switch {
	case len(c.Rules) > 0:
		return strings.Join(c.Rules, ", ")
	case len(c.By) > 0:
		return "covered by " + strings.Join(c.By, ", ")
	default:
		return "NONE"
	}
}

func (c Covered) upstream() string {
	if c.Upstream == nil {
		return ""
	}
	return fmt.Sprintf("%d/%d", c.Upstream.Right, c.Tried)
}

// String gives the example in words.
func (e Example) String() string {
	if e.Like == 0 {
		return e.Text
	}
	return fmt.Sprintf("%s (and %d more)", e.Text, e.Like)
}
