package bump

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// enough is what a pair has to reach to be taken for one rule under two names: the
// same controls with half the words in common, or the same file with as much, or
// nearly all the words alone.
const enough = 1.5

// renames pairs rules that are gone with rules that are new, the likeliest first,
// each at most once.
func renames(gone, come []Rule) []Rename {
	type pair struct {
		from, to Rule
		score    float64
		why      []string
	}
	var pairs []pair
	for _, g := range gone {
		for _, c := range come {
			if score, why := kinship(g.Rule, c.Rule); score >= enough {
				pairs = append(pairs, pair{g, c, score, why})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.from.Name, b.from.Name), cmp.Compare(a.to.Name, b.to.Name))
	})
	taken, out := map[string]bool{}, []Rename{}
	for _, p := range pairs {
		from, to := "from "+p.from.Name, "to "+p.to.Name
		if taken[from] || taken[to] {
			continue
		}
		taken[from], taken[to] = true, true
		out = append(out, Rename{From: p.from.Name, To: p.to.Name, Why: strings.Join(p.why, ", ")})
	}
	slices.SortFunc(out, func(a, b Rename) int { return cmp.Compare(a.From, b.From) })
	return out
}

// kinship says how much speaks for two rules being one: up to 1 each for the same
// controls, for the same file, and for the same words in CEL. An equal tree is
// enough by itself, but for controls that have nothing in common.
func kinship(was, is policy.Rule) (float64, []string) {
	var why []string
	score := 0.0
	if len(was.Controls) > 0 && len(is.Controls) > 0 {
		n := overlap(was.Controls, is.Controls)
		if n == 0 {
			return 0, nil
		}
		score += n
		why = append(why, "the same controls")
	}
	if home(was) == home(is) {
		score++
		why = append(why, "the same place")
	}
	was.Name, was.Title, is.Name, is.Title = "", "", "", ""
	if kind, _ := change(was, is); kind.rank() <= Message.rank() {
		return score + 2, append(why, "the same expressions")
	}
	const alike = 0.5
	if like := likeness(words(was), words(is)); like >= alike {
		score += like
		why = append(why, "like expressions")
	}
	return score, why
}

// home gives the folders of a rule's file without the first, which is the format:
// Kyverno's library keeps each of its two in a folder of its own.
func home(r policy.Rule) string {
	dir := path.Dir(r.Origin.Path)
	if _, rest, ok := strings.Cut(dir, "/"); ok {
		return rest
	}
	return dir
}

func overlap(a, b []policy.Control) float64 {
	shared := 0
	for _, c := range a {
		if slices.Contains(b, c) {
			shared++
		}
	}
	return float64(shared) / float64(len(a)+len(b)-shared)
}
