package pss

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// Judge tells for each rule and each pod, in this order, whether the one refuses
// the other. A rule that fails at run time refuses, as an admission policy with
// failurePolicy Fail does. It is called a few times, with the same pods, which
// are not to be changed. The rules of one call have different names; those of
// two calls may share a name and say something else.
type Judge func(rules []policy.Rule, pods []*corev1.Pod) (refused [][]bool, err error)

// Input is what an assessment is made from.
type Input struct {
	Rules   []policy.Rule // of a policy library; those of profile Other pass through untouched
	Builtin []policy.Rule // of the built-in library, at parity with the standard
	Version string        // of the standard, as PSA writes it; empty for Latest
	Strict  bool          // correct what deviates, else only report it
	Refuses Judge
	Known   *Known // what was found out before by the same judge; nil for nothing
}

// Assessment is the rules to enforce and how they came about.
type Assessment struct {
	Version   string          // of the standard
	Rules     []policy.Rule   // sorted by name; Controls and Profile are final
	Controls  []ControlReport // all of the standard's, in the order of Controls
	Additions []Addition      // sorted by rule name
}

// Source says whose rules enforce a control.
type Source string

// The sources of a control's rules.
const (
	FromUpstream Source = "upstream"
	FromBuiltin  Source = "builtin"
	Mixed        Source = "mixed"
	FromNobody   Source = "none"
)

// ControlReport is what enforces a control. All names are rule names, sorted.
type ControlReport struct {
	Info
	Rules      []string    // that enforce it now
	Source     Source      // whose they are
	Deviations []Deviation // of the rules that were given
	Tried      int         // probes that tell how the control is held
	Wrong      int         // of these, on how many the rules that enforce it now and the standard differ
	Shares     []string    // rules given that have another control too, which deviates
	Replaced   []string    // rules given whose text is the built-in library's now
	Dropped    []string    // rules given that are gone, as what replaced them needs fewer
	Added      []string    // built-in rules under a name that was not given
	CoveredBy  []string    // of a control without rules: rules of others that refuse all that it does

	unheld bool // no rule was given for it
}

// Addition is a rule that goes beyond the standard: it belongs to no profile.
type Addition struct {
	Rule   string
	Reason string
}

// Deviation is a probe on which the rules of a control and the standard differ.
type Deviation struct {
	Probe   Probe
	Refused bool     // what the rules say; the standard says the opposite
	Rules   []string // that refuse it; none where it is admitted
}

// String gives `admits a pod …` or `refuses a pod …`: what the rules do.
func (d Deviation) String() string {
	if d.Refused {
		return "refuses a pod " + d.Probe.Text
	}
	return "admits a pod " + d.Probe.Text
}

// Gap tells whether nothing enforces the control.
func (r ControlReport) Gap() bool { return len(r.Rules) == 0 && len(r.CoveredBy) == 0 }

// Corrected tells whether the built-in library had to step in.
func (r ControlReport) Corrected() bool {
	return len(r.Replaced)+len(r.Dropped)+len(r.Added) > 0
}

// Unheld tells whether none of the rules that were given holds the control.
func (r ControlReport) Unheld() bool { return r.unheld }

// Kinds gives the deviations by what the rules do, those that they admit before
// those that they refuse, each with the most telling one in front. A kind without
// any is not there.
func (r ControlReport) Kinds() [][]Deviation {
	var out [][]Deviation
	for _, refused := range []bool{false, true} {
		var of []Deviation
		for _, d := range r.Deviations {
			if d.Refused == refused {
				of = append(of, d)
			}
		}
		if len(of) > 0 {
			out = append(out, of)
		}
	}
	return out
}

// Why gives in one line what was wrong with the rules that were given, by an
// example of each kind; empty where nothing was.
func (r ControlReport) Why() string {
	if r.unheld {
		return "no rule"
	}
	var parts []string
	for _, of := range r.Kinds() {
		part := of[0].String()
		if more := len(of) - 1; more > 0 {
			part += fmt.Sprintf(" (and %d more)", more)
		}
		parts = append(parts, part)
	}
	if len(r.Shares) > 0 {
		parts = append(parts, "shares "+strings.Join(r.Shares, ", ")+" with a control that deviates")
	}
	return strings.Join(parts, "; ")
}
