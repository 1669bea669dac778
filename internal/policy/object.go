package policy

import "strings"

// Mode says what a policy object of the chart does where its rule is violated.
type Mode string

// The modes. Enforce is that of the profile: it denies, but for an object about
// controllers, which warns and audits unless the values deny controllers.
const (
	Enforce Mode = "enforce"
	Warn    Mode = "warn"
	Audit   Mode = "audit"
)

// ObjectName is the name of an admission policy of the chart, taken apart, and of its
// binding. The chart's `pod-security.variants` makes the same names.
type ObjectName struct {
	Rule        string
	Controllers bool // it is about what makes pods, not about pods
	Mode        Mode
}

// String joins the parts to the name.
func (n ObjectName) String() string {
	out := n.Rule
	if n.Controllers {
		out += "-controllers"
	}
	if n.Mode == Warn || n.Mode == Audit {
		out += "-" + string(n.Mode)
	}
	return out
}

// ParseObjectName takes a name apart. A rule's own name may end like a mode, so rule
// says which names are those of rules: as few endings as that needs are taken off. Where
// it is nil or knows none of the names, every ending is one of the object.
func ParseObjectName(name string, rule func(name string) bool) ObjectName {
	out := ObjectName{Rule: name, Mode: Enforce}
	known := func() bool { return rule != nil && rule(out.Rule) }
	for _, mode := range []Mode{Warn, Audit} {
		if short, ok := strings.CutSuffix(out.Rule, "-"+string(mode)); ok && out.Mode == Enforce && !known() {
			out.Rule, out.Mode = short, mode
		}
	}
	if short, ok := strings.CutSuffix(out.Rule, "-controllers"); ok && !known() {
		out.Rule, out.Controllers = short, true
	}
	return out
}
