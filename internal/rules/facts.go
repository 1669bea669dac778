package rules

import (
	"fmt"

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

// FixtureCounts returns how many fixtures got the right verdict, of how many.
func (c Coverage) FixtureCounts() (right, all int) {
	right, all = c.FixturesRight, c.Fixtures
	for _, row := range c.Controls {
		right, all = right+row.FixturesRight, all+row.Fixtures
	}
	return right, all
}

// Versions returns the versions of the standard in which this holds, in words.
func (c Covered) Versions() string {
	if c.Until == "" {
		return c.Since + " and later"
	}
	return c.Since + " until " + c.Until
}

// UpstreamRight returns how many pods upstream's own rule judged right, of how many, as
// "3/4"; empty where there is none.
func (c Covered) UpstreamRight() string {
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
