// Package bump says what another version of the policies changes, and takes a project
// there. It is the verb `bump`.
//
// It compares the rules of both versions by text and by syntax tree, asks both about the
// same pods for each cluster, and finds what has to follow in files by hand. Result has
// all of this, with the chart's next version. Then it writes the vendored tree, the lock,
// the chart, the overlays, the project file and the changelog: all of them, or none
// where something has to follow first or on an error. A change of meaning is no error of
// Run: Findings makes one of it, marked term.Finding.
package bump

import (
	"cmp"
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// Kind is what a change of a rule is, by its text alone. Whether a change in meaning
// changes a verdict is for judges to say.
type Kind string

// The kinds of change, the lightest first.
const (
	Same       Kind = "unchanged"
	Formatting Kind = "formatting" // other text of the same syntax tree
	Message    Kind = "message"    // what is said to people, and nothing else
	Meaning    Kind = "meaning"    // another syntax tree, other requests, another profile
)

// rank sorts kinds, the lightest first.
func (k Kind) rank() int { return slices.Index([]Kind{Same, Formatting, Message, Meaning}, k) }

func heavier(a, b Kind) Kind {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

// Rule is a rule with the forms that it has at older versions of the standard.
type Rule struct {
	policy.Rule
	Earlier []policy.Rule // the newest first
}

// Plain gives rules that have one form.
func Plain(rules []policy.Rule) []Rule {
	out := make([]Rule, len(rules))
	for i, r := range rules {
		out[i] = Rule{Rule: r}
	}
	return out
}

// Change is what became of one rule.
type Change struct {
	Rule  string   `json:"rule"` // its new name
	Was   string   `json:"was,omitempty"`
	Kind  Kind     `json:"kind"`
	Parts []string `json:"parts,omitempty"` // what of it differs, such as "match" or "validation 2"
}

// Rename is a rule under another name, and why it is taken for the same.
type Rename struct {
	From string `json:"from"`
	To   string `json:"to"`
	Why  string `json:"why"`
}

// Diff is what differs between two sets of rules. All lists are sorted by name.
type Diff struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Renamed []Rename `json:"renamed"`
	Changed []Change `json:"changed"` // of rules on both sides, renamed ones too; never Same
	Kept    int      `json:"kept"`    // how many are on both sides, unchanged and by the same name
}

// Kind gives the heaviest change; a rule that comes or goes changes the meaning, a
// name alone what is said to people.
func (d Diff) Kind() Kind {
	out := Same
	if len(d.Renamed) > 0 {
		out = Message
	}
	for _, c := range d.Changed {
		out = heavier(out, c.Kind)
	}
	if len(d.Added)+len(d.Removed) > 0 {
		out = Meaning
	}
	return out
}

// Compare says what differs. The names of each side are unique. Of expressions that
// do not parse, other text is another meaning.
func Compare(before, after []Rule) (Diff, error) {
	d := Diff{Added: []string{}, Removed: []string{}, Renamed: []Rename{}, Changed: []Change{}}
	was, is := byName(before), byName(after)
	var gone, come []Rule
	add := func(c Change) {
		switch {
		case c.Kind != Same:
			d.Changed = append(d.Changed, c)
		case c.Was == "":
			d.Kept++
		}
	}
	for _, r := range before {
		if _, ok := is[r.Name]; !ok {
			gone = append(gone, r)
		}
	}
	for _, r := range after {
		old, ok := was[r.Name]
		if !ok {
			come = append(come, r)
			continue
		}
		kind, parts := whole(old, r)
		add(Change{Rule: r.Name, Kind: kind, Parts: parts})
	}
	d.Renamed = renames(gone, come)
	for _, r := range d.Renamed {
		kind, parts := whole(was[r.From], is[r.To])
		add(Change{Rule: r.To, Was: r.From, Kind: kind, Parts: parts})
	}
	for _, r := range gone {
		if !slices.ContainsFunc(d.Renamed, func(n Rename) bool { return n.From == r.Name }) {
			d.Removed = append(d.Removed, r.Name)
		}
	}
	for _, r := range come {
		if !slices.ContainsFunc(d.Renamed, func(n Rename) bool { return n.To == r.Name }) {
			d.Added = append(d.Added, r.Name)
		}
	}
	slices.Sort(d.Added)
	slices.Sort(d.Removed)
	slices.SortFunc(d.Changed, func(a, b Change) int { return cmp.Compare(a.Rule, b.Rule) })
	return d, nil
}

func byName(rules []Rule) map[string]Rule {
	out := map[string]Rule{}
	for _, r := range rules {
		out[r.Name] = r
	}
	return out
}
