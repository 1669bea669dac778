package bump

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/term"
)

// shownChange is changes that one pod shows: in which directions, and where.
type shownChange struct {
	directions []compare.Direction
	places     []string
	shown      string // the pod and the rules
}

// String gives the shownChange as one line.
func (g shownChange) String() string {
	var words []string
	for _, d := range g.directions {
		words = append(words, string(d))
	}
	return fmt.Sprintf("%s in %s: %s", strings.Join(words, ", "), strings.Join(g.places, ", "), g.shown)
}

// Grouped joins what the same pod shows, first the directions in one place, as where
// what is warned about is audited too, then the places.
func Grouped(v Verdicts) []shownChange {
	var out []shownChange
	for _, c := range v.Changes {
		from := ""
		if c.Witness.Origin != "" {
			from = " (" + c.Witness.Origin + ")"
		}
		g := shownChange{[]compare.Direction{c.Direction}, []string{compare.Where(c.Place)},
			fmt.Sprintf("%s%s, rule %s%s", term.OneLine(c.Witness.Text), from, strings.Join(c.Rules, " and "), term.More(c.Like))}
		i := slices.IndexFunc(out, func(o shownChange) bool { return o.shown == g.shown && slices.Equal(o.places, g.places) })
		if i < 0 {
			out = append(out, g)
			continue
		}
		out[i].directions = append(out[i].directions, c.Direction)
	}
	var joined []shownChange
	for _, g := range out {
		i := slices.IndexFunc(joined, func(o shownChange) bool { return o.shown == g.shown && slices.Equal(o.directions, g.directions) })
		if i < 0 {
			joined = append(joined, g)
			continue
		}
		joined[i].places = append(joined[i].places, g.places...)
	}
	slices.SortStableFunc(joined, func(a, b shownChange) int { return compare.Order(a.directions[0], b.directions[0]) })
	return joined
}

// Changes gives the changes of pods' verdicts of which the gravest is in one of these
// directions, each with the clusters that it is in, for the changelog.
func (b Result) Changes(directions ...compare.Direction) []string {
	var out []string
	for _, v := range b.Verdicts {
		for _, g := range Grouped(v) {
			if slices.Contains(directions, g.directions[0]) {
				out = append(out, strings.Join(v.Scenes, ", ")+": "+g.String())
			}
		}
	}
	return out
}
