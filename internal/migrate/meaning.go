package migrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// Meaning is what the labels of a namespace mean in a chart's values.
type Meaning struct {
	Namespace  Namespace
	Profiles   map[string]string // by mode
	Exceptions []string          // sorted
	Exclude    []string          // sorted
	// Covered are the rules that are excluded and that an exception which is included
	// takes the place of: together one exception. Of the chart's dialect there are none.
	Covered  []string
	Findings []Finding
}

// Finding is something that labels cannot have meant, or that comes to mean
// something else.
type Finding struct {
	File, Namespace string
	Line            int
	Text            string
	Hint            string
	// Note says in the values what is odd about them; empty where they hold nothing of it.
	Note string
}

// Read gives what the labels of a namespace mean. The error is that of Needed.
func (s Scheme) Read(n Namespace) (Meaning, error) {
	m := &meaning{by: s, Meaning: Meaning{Namespace: n, Profiles: map[string]string{}}}
	for _, mode := range modes() {
		m.Profiles[mode] = s.Defaults[mode]
	}
	for _, l := range n.Labels {
		m.label(l)
	}
	for _, mode := range modes() {
		if s.Open(n.Name, mode) {
			m.Profiles[mode] = privileged
		}
	}
	m.sort()
	m.pair()
	m.effects()
	err := m.half()
	return m.Meaning, err
}

// meaning is the work on one namespace.
type meaning struct {
	by Scheme
	Meaning
	included, excluded []Label
}

func (m *meaning) find(line int, hint, format string, args ...any) {
	m.Findings = append(m.Findings, Finding{
		File: m.Namespace.File, Namespace: m.Namespace.Name, Line: line, Text: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// note says of the last finding what it made of the values.
func (m *meaning) note(format string, args ...any) {
	m.Findings[len(m.Findings)-1].Note = fmt.Sprintf(format, args...)
}

// label takes up one label.
func (m *meaning) label(l Label) {
	domain, name, _ := strings.Cut(l.Key, "/")
	if domain != m.by.Domain {
		if name != "" && len(policy.Near(domain, []string{m.by.Domain})) > 0 {
			m.find(l.Line, "write it as "+m.by.Domain+"/"+name+", or name another domain with --label-domain",
				"label %s says nothing: its domain is not %s", l.Key, m.by.Domain)
		}
		return
	}
	_, isRule := m.by.rule(name)
	isControl := m.by.control(name)
	_, isException := m.by.Exceptions[name]
	switch {
	case slices.Contains(modes(), name):
		m.profile(l, name)
	case isRule:
		if m.value(l, "a rule", exclude) {
			m.excluded = append(m.excluded, l)
		}
	case isControl:
		if m.value(l, "a control", exclude) {
			m.excluded = append(m.excluded, l)
		}
	case isException:
		if m.value(l, "an exception", include) {
			m.included = append(m.included, l)
		}
	default:
		m.unknown(l, name)
	}
}

// profile takes up a mode. A value that is none of the three is the strictest, as the
// bindings have it.
func (m *meaning) profile(l Label, mode string) {
	all := []string{privileged, string(policy.Baseline), string(policy.Restricted)}
	m.Profiles[mode] = l.Value
	if slices.Contains(all, l.Value) {
		return
	}
	m.Profiles[mode] = string(policy.Restricted)
	hint := "the profiles are " + strings.Join(all, ", ")
	if near := policy.Near(l.Value, all); len(near) > 0 {
		hint = "write " + near[0] + "; " + hint
	}
	m.find(l.Line, hint, "label %s: %q is no profile, and counts as restricted", l.Key, l.Value)
	m.note("%s was %q", mode, l.Value)
}

// value says whether a label has the one value that does something.
func (m *meaning) value(l Label, what, want string) bool {
	if l.Value == want {
		return true
	}
	m.find(l.Line, "write "+l.Key+": "+want+", or take the label away", "label %s: %q does nothing: %s takes %s alone", l.Key, l.Value, what, want)
	return false
}

func (m *meaning) unknown(l Label, name string) {
	hint := "the chart's README lists the rules"
	what := "rule, exception or mode"
	switch l.Value {
	case include:
		hint, what = "define the exception below `exceptions:` of the values, and name these with --values or --cluster", "exception"
	case exclude:
		what = "rule"
	}
	if near := policy.Near(name, m.by.known()); len(near) > 0 {
		hint = "near it: " + strings.Join(near, ", ")
	}
	m.find(l.Line, hint, "label %s: %s names no %s, and does nothing", l.Key, l.Value, what)
}

// sort puts labels in the order of their names, so that the values do not depend on
// the order in which they are written.
func (m *meaning) sort() {
	for _, list := range [][]Label{m.included, m.excluded} {
		slices.SortFunc(list, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
	}
	for _, l := range m.included {
		m.Exceptions = append(m.Exceptions, m.name(l))
	}
	for _, l := range m.excluded {
		m.Exclude = append(m.Exclude, m.name(l))
	}
}

// name gives what stands behind the domain.
func (m *meaning) name(l Label) string { return strings.TrimPrefix(l.Key, m.by.Domain+"/") }

// held gives the profiles of all modes.
func (m *meaning) held() []string {
	out := make([]string, 0, len(modes()))
	for _, mode := range modes() {
		out = append(out, m.Profiles[mode])
	}
	return out
}
