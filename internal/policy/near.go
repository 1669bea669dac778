package policy

import (
	"cmp"
	"slices"
)

// Near gives the few names that word may be a slip for, nearest first, for a
// hint. It gives none that differs by more than two letters.
func Near(word string, names []string) []string {
	const far, most = 2, 5
	var out []string
	for _, n := range names {
		if d := distance(word, n); d <= far && d < max(len(word), len(n)) { // else no letter is the same
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(distance(word, a), distance(word, b)), cmp.Compare(a, b))
	})
	out = slices.Compact(out)
	return out[:min(len(out), most)]
}

// distance counts the letters to add, remove, change or swap with the next one
// to get from a to b.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := d[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			d[i][j] = min(change, d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
