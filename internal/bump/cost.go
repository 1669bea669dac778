package bump

import (
	"cmp"
	"maps"
	"slices"
)

// Cost is what a policy costs at most for one pod, in the units of CEL's budget
// (10,000,000 for each evaluation); 0 where it is not there.
type Cost struct {
	Policy string `json:"policy"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
}

// Costs is what all policies cost, and those that cost more or less by a tenth.
type Costs struct {
	Before  int64  `json:"before"`
	After   int64  `json:"after"`
	Changed []Cost `json:"changed"` // the most grown first
}

// CompareCosts compares costs by policy. Names gives the new names of rules.
func CompareCosts(was, is map[string]int64, names map[string]string) Costs {
	out := Costs{Changed: []Cost{}}
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
			out.Changed = append(out.Changed, Cost{name, b, a})
		}
	}
	slices.SortStableFunc(out.Changed, func(a, b Cost) int { return cmp.Compare(b.After-b.Before, a.After-a.Before) })
	return out
}
