package report

import (
	"cmp"
	"maps"
	"slices"
)

// BumpCost is what a policy costs at most for one pod, in the units of CEL's budget
// (10,000,000 for each evaluation); 0 where it is not there.
type BumpCost struct {
	Policy string `json:"policy"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
}

// BumpCosts is what all policies cost, and those that cost more or less by a tenth.
type BumpCosts struct {
	Before  int64      `json:"before"`
	After   int64      `json:"after"`
	Changed []BumpCost `json:"changed"` // the most grown first
}

// CompareCosts compares costs by policy. Names gives the new names of rules.
func CompareCosts(was, is map[string]int64, names map[string]string) BumpCosts {
	out := BumpCosts{Changed: []BumpCost{}}
	before := map[string]int64{}
	for name, cost := range was {
		if to := names[name]; to != "" {
			name = to
		}
		before[name] += cost
		out.Before += cost
	}
	for _, cost := range is {
		out.After += cost
	}
	all := maps.Clone(is)
	for name := range before {
		all[name] += 0
	}
	const tenth = 10
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if a, b := is[name], before[name]; max(a-b, b-a)*tenth > b {
			out.Changed = append(out.Changed, BumpCost{name, b, a})
		}
	}
	slices.SortStableFunc(out.Changed, func(a, b BumpCost) int { return cmp.Compare(b.After-b.Before, a.After-a.Before) })
	return out
}
