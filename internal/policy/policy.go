// Package policy holds the nouns of vapchart: what a rule is, where it came
// from, and what it is meant to hold. It does no I/O and imports nothing
// internal, so every other package can speak these words.
package policy

import "fmt"

// Profile is a profile of the Pod Security Standards, or Other for a rule that
// belongs to none of them.
type Profile string

// The profiles a rule can belong to. The standard's third profile, privileged,
// holds no rule and so never appears on one.
const (
	Baseline   Profile = "baseline"
	Restricted Profile = "restricted"
	Other      Profile = "other"
)

// Control is one control of the Pod Security Standards, named by the ID of the
// Pod Security Admission check that implements it, such as "hostPathVolumes".
type Control string

// Pin says which state of a policy library was taken. It is the same for every
// rule of a run, and is what the chart's appVersion is made from.
type Pin struct {
	Source string // repository URL, directory as written in vapchart.yaml, or "builtin"
	Ref    string // branch or tag; empty where the source has none
	Commit string // full commit hash; empty where the source has none
}

// String gives the pin in the short form used in prose: ref and short commit
// where there is one, else the source's name.
func (p Pin) String() string {
	switch {
	case p.Ref != "" && len(p.Commit) >= 12:
		return p.Ref + "@" + p.Commit[:12]
	case p.Ref != "":
		return p.Ref
	default:
		return p.Source
	}
}

// Builtin tells whether it is the pin of the built-in library.
func (p Pin) Builtin() bool { return p.Source == "builtin" }

// Origin is the place a rule was read from.
type Origin struct {
	Pin    Pin
	Path   string // slash-separated, relative to the root of the source
	Line   int    // 1-based line of the rule in that file
	Policy string // metadata.name of the policy
	Rule   string // name of the rule in it; empty for a ValidatingPolicy, which has none
}

// String gives the rule as `policy/rule`, or `policy` where it has no rule
// name, for use in error messages.
func (o Origin) String() string {
	if o.Rule == "" {
		return o.Policy
	}
	return o.Policy + "/" + o.Rule
}

// Position gives `path:line`.
func (o Origin) Position() string { return fmt.Sprintf("%s:%d", o.Path, o.Line) }
