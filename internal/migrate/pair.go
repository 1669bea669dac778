package migrate

import (
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// pair takes an exclude and the include that goes with it for one exception. What is
// excluded without one opens the whole rule, and stays excluded.
func (m *meaning) pair() {
	if m.by.Dialect != HandMade {
		return
	}
	var alone []string
	for _, l := range m.excluded {
		rule, _ := m.by.rule(m.name(l))
		covers := func(exception string) bool { return m.by.touches(exception, rule) }
		if slices.ContainsFunc(m.Exceptions, covers) {
			m.Covered = append(m.Covered, rule.Name)
			continue
		}
		alone = append(alone, rule.Name)
		if !within(rule.Profile, m.held()...) {
			continue // see effects
		}
		var fit []string
		for name := range m.by.Exceptions {
			if covers(name) {
				fit = append(fit, name)
			}
		}
		slices.Sort(fit)
		hint := "keep it below `exclude:` if all of " + rule.Name + " is to be off there"
		if len(fit) > 0 {
			hint += ", else include " + strings.Join(fit, " or ")
		} else if len(rule.Allows) > 0 {
			hint += ", else define an exception that allows " + strings.Join(rule.Allows, " or ")
		}
		m.find(l.Line, hint, "label %s: half an exception: no include covers the rule, so all of it is off", l.Key)
		m.note("no exception covers %s: all of it is off", rule.Name)
	}
	m.Exclude = alone
}

// effects takes out what does nothing, since the chart refuses values of which a
// part has no effect.
func (m *meaning) effects() {
	const hint = "take the label away; values without effect are refused"
	for _, l := range m.excluded {
		name := m.name(l)
		i := slices.Index(m.Exclude, name)
		if i < 0 {
			continue
		}
		rules, shared := m.by.off(name)
		switch {
		case !slices.ContainsFunc(rules, func(r Rule) bool { return within(r.Profile, m.held()...) }):
			m.Exclude = slices.Delete(m.Exclude, i, i+1)
			if m.by.control(name) {
				m.find(l.Line, hint, "label %s has no effect: no rule that it switches off holds there", l.Key)
			} else {
				m.find(l.Line, hint, "label %s has no effect: the rule is of profile %s, which does not hold there", l.Key, rules[0].Profile)
			}
		case shared: // a label leaves what enforces more than the control, and values refuse to
			m.Exclude = slices.Delete(m.Exclude, i, i+1)
			for _, r := range rules {
				if within(r.Profile, m.held()...) {
					m.Exclude = append(m.Exclude, r.Name)
				}
			}
		}
	}
	slices.Sort(m.Exclude)
	m.Exclude = slices.Compact(m.Exclude)
	for _, l := range m.included {
		name := m.name(l)
		var idle []string
		for _, key := range m.by.Exceptions[name] {
			if !slices.ContainsFunc(m.by.Rules, func(r Rule) bool {
				return slices.Contains(r.Allows, key) && within(r.Profile, m.held()...) && !policy.Excluded(m.Exclude, r.Name, r.Controls)
			}) {
				idle = append(idle, key)
			}
		}
		switch {
		case len(idle) == 0:
			continue
		case len(idle) == len(m.by.Exceptions[name]):
			m.find(l.Line, hint, "label %s has no effect: nothing forbids there what %s allows", l.Key, name)
		default:
			m.find(l.Line, "split the exception, and include the part that is needed there",
				"label %s: of %s, nothing forbids there %s; values cannot say that, so it is left out", l.Key, name, strings.Join(idle, " and "))
		}
		m.Exceptions = slices.DeleteFunc(m.Exceptions, func(e string) bool { return e == name })
	}
}

// half finds exceptions that are included while a rule that they need still holds: in
// the hand-made scheme they do nothing against it, here they are whole.
func (m *meaning) half() error {
	if m.by.Dialect != HandMade || m.by.Needed == nil {
		return nil
	}
	for _, l := range m.included {
		name := m.name(l)
		if !slices.Contains(m.Exceptions, name) {
			continue
		}
		needed, err := m.by.Needed(m.Namespace, name)
		if err != nil {
			return err
		}
		var forgotten []string
		for _, rule := range needed {
			r, known := m.by.rule(rule)
			if known && m.by.touches(name, r) {
				forgotten = append(forgotten, rule)
			}
		}
		if len(forgotten) == 0 {
			continue
		}
		m.find(l.Line, "take the exception out of the values of the namespace if it is not to have it",
			"label %s: half an exception: %s is not excluded, so it did nothing against it; in the values the exception is whole",
			l.Key, strings.Join(forgotten, " and "))
		m.note("%s did nothing against %s before", name, strings.Join(forgotten, " and "))
	}
	return nil
}
