package migrate

import (
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// Modes of a profile, by their labels and their keys in the values.
const (
	Enforce = "profile"
	Warn    = "warn"
	Audit   = "audit"
)

// Values of the labels.
const (
	exclude    = "exclude"
	include    = "include"
	privileged = "privileged"
)

// Dialect is how an `exclude` and an `include` go together.
type Dialect string

// The dialects.
const (
	// HandMade: rules hold until they are excluded, and an exception that is included
	// takes the place of the excluded ones. One without the other is half of it.
	HandMade Dialect = "hand-made"
	// OfChart: as this chart reads labels. An exception that is included is whole by
	// itself, and a rule that is excluded is off.
	OfChart Dialect = "chart"
)

// Scheme is what labels can name, and what holds without them.
type Scheme struct {
	Dialect    Dialect
	Domain     string
	Rules      []Rule
	Controls   []string            // of the standard; labels of the chart alone name them
	Exceptions map[string][]string // the allow keys of each
	Defaults   map[string]string   // profile by mode
	// Open says whether a namespace is privileged in a mode whatever its labels say.
	Open func(namespace, mode string) bool
	// Needed gives the rules that refuse what an exception allows while it is not in
	// force, in a namespace with these labels: which that are can only be tried. Not
	// asked where nothing is included.
	Needed func(n Namespace, exception string) ([]string, error)
}

// Rule is a rule of the chart.
type Rule struct {
	Name     string
	Profile  policy.Profile
	Controls []policy.Control // that it enforces
	Allows   []string         // the keys of exceptions that relax it
}

func modes() []string { return []string{Enforce, Warn, Audit} }

func (s Scheme) rule(name string) (Rule, bool) {
	i := slices.IndexFunc(s.Rules, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return Rule{}, false
	}
	return s.Rules[i], true
}

// control says whether labels can name a control so.
func (s Scheme) control(name string) bool {
	return s.Dialect == OfChart && slices.Contains(s.Controls, name)
}

// off gives the rules that a label switches off: one by its name, or those that enforce
// a control alone. Shared says that others enforce it beside more controls, and stay.
func (s Scheme) off(name string) (rules []Rule, shared bool) {
	for _, r := range s.Rules {
		switch {
		case r.Name == name:
			rules = append(rules, r)
		case !s.control(name) || !slices.Contains(r.Controls, policy.Control(name)):
		case len(r.Controls) > 1:
			shared = true
		default:
			rules = append(rules, r)
		}
	}
	return rules, shared
}

// touches says whether an exception relaxes a rule.
func (s Scheme) touches(exception string, r Rule) bool {
	return slices.ContainsFunc(s.Exceptions[exception], func(key string) bool { return slices.Contains(r.Allows, key) })
}

// known gives all words that stand behind the domain, for hints.
func (s Scheme) known() []string {
	out := modes()
	for _, r := range s.Rules {
		out = append(out, r.Name)
	}
	if s.Dialect == OfChart {
		out = append(out, s.Controls...)
	}
	for name := range s.Exceptions {
		out = append(out, name)
	}
	return out
}

// within says whether a rule of a profile holds where one of the profiles holds.
func within(rule policy.Profile, held ...string) bool {
	return slices.Contains(held, string(policy.Restricted)) && (rule == policy.Baseline || rule == policy.Restricted) ||
		slices.Contains(held, string(policy.Baseline)) && rule == policy.Baseline
}

// Sign gives what the labels of a namespace decide by, so that two namespaces with
// the same are judged alike.
func (s Scheme) Sign(n Namespace) string {
	var parts []string
	for _, l := range n.Labels {
		if strings.HasPrefix(l.Key, s.Domain+"/") {
			parts = append(parts, l.Key+"="+l.Value)
		}
	}
	for _, mode := range modes() {
		if s.Open(n.Name, mode) {
			parts = append(parts, "open="+mode)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// Plain gives labels of the hand-made scheme without the exceptions among them, and
// without controls, which mean nothing there.
func (s Scheme) Plain(labels map[string]string) map[string]string {
	out := s.Covering(labels, s.Controls)
	for name := range s.Exceptions {
		delete(out, s.Domain+"/"+name)
	}
	return out
}

// Covering gives labels under which these rules are not excluded, so that the
// exceptions hold in their place.
func (s Scheme) Covering(labels map[string]string, rules []string) map[string]string {
	out := maps.Clone(labels)
	for _, rule := range rules {
		delete(out, s.Domain+"/"+rule)
	}
	return out
}
