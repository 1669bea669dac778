package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/probe"
	"github.com/vapchart/vapchart/internal/term"
)

// same is a group of cells of which the same is to be said, the first of them and
// the namespaces of all.
type same struct {
	outcome    probe.Outcome
	first      probe.Cell
	namespaces []string
	pods       int // different ones
}

// group gathers cells by a key, in the order of their first ones.
func group(cells []probe.Cell, wanted func(probe.Cell) bool, key func(probe.Cell) string) []same {
	var out []same
	place := map[string]int{}
	pods := map[string]bool{}
	for _, c := range cells {
		if !wanted(c) {
			continue
		}
		k := key(c)
		i, ok := place[k]
		if !ok {
			i = len(out)
			place[k] = i
			out = append(out, same{outcome: c.Outcome, first: c})
		}
		if !slices.Contains(out[i].namespaces, c.Namespace) {
			out[i].namespaces = append(out[i].namespaces, c.Namespace)
		}
		if !pods[k+"\x00"+c.Text] {
			pods[k+"\x00"+c.Text] = true
			out[i].pods++
		}
	}
	return out
}

// differences gives what is not as the values say, one for all namespaces where
// it is the same. What a finding on labels says already is left out, and what Pod
// Security Admission refuses is one for all pods.
func differences(cells []probe.Cell) []same {
	wanted := func(c probe.Cell) bool { return c.Difference && !c.ByLabel() }
	return group(cells, wanted, func(c probe.Cell) string {
		if c.Outcome == probe.Hidden {
			level, _, _ := strings.Cut(c.Got.Words, ": ")
			return level
		}
		return strings.Join([]string{columnOf(c), c.Exception, c.Text, policies(c.Expected.Denials), policies(c.Expected.Warnings), got(c, policies)}, "\x00")
	})
}

// unknowns gives what could not be learned, one for all of the same words.
func unknowns(cells []probe.Cell) []same {
	return group(cells, func(c probe.Cell) bool { return c.Outcome == probe.Unknown }, func(c probe.Cell) string { return c.Got.Words })
}

func (s same) sentence() string {
	c := s.first
	where := names(s.namespaces)
	switch {
	case c.Outcome == probe.Unknown:
		return fmt.Sprintf("%s: %s: %s", where, s.such(), term.OneLine(c.Got.Words))
	case c.Outcome == probe.Hidden:
		return fmt.Sprintf("%s: Pod Security Admission refuses %s, and the values do not: %s", where, s.such(), term.OneLine(c.Got.Words))
	case c.Exception != "":
		where += ": exception " + c.Exception
	case c.Control != "":
		where += ": " + c.Control
	}
	return fmt.Sprintf("%s: a pod %s should be %s, and is %s", where, c.Text, should(c.Expected), got(c, quoted))
}

// such names the pods of a group by the first.
func (s same) such() string {
	if s.pods == 1 {
		return "a pod " + s.first.Text
	}
	return fmt.Sprintf("%d pods, such as one %s", s.pods, s.first.Text)
}

func should(e probe.Expected) string {
	switch {
	case len(e.Denials) > 0:
		return "refused by " + quoted(e.Denials)
	case len(e.Warnings) > 0:
		return "admitted with a warning by " + quoted(e.Warnings)
	}
	return "admitted in silence"
}

// got says what became of a pod, the policies as show has them.
func got(c probe.Cell, show func([]probe.Said) string) string {
	switch {
	case c.Got.Denial != nil:
		return "refused by " + show([]probe.Said{*c.Got.Denial})
	case len(c.Got.Warnings) > 0:
		return "admitted with a warning by " + show(c.Got.Warnings)
	}
	return "admitted in silence"
}

func policies(list []probe.Said) string {
	var out []string
	for _, s := range list {
		out = append(out, s.Policy)
	}
	return strings.Join(out, ", ")
}

// quoted gives policies with what they say.
func quoted(list []probe.Said) string {
	var out []string
	for _, s := range list {
		out = append(out, fmt.Sprintf("%s (%s)", s.Policy, term.OneLine(s.Message)))
	}
	return strings.Join(out, " and ")
}

// names lists namespaces; of many only the first, since -o json has them all.
func names(list []string) string {
	const most = 5
	if len(list) <= most+1 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
