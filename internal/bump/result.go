package bump

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/check"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/policy"
)

// Outcome of a bump: whether anything was written.
const (
	Written        = "written"
	DryRun         = "dry-run"
	Blocked        = "blocked" // files by hand have to follow first
	NothingToWrite = "nothing"
)

// Result is what another version of the policies changes.
type Result struct {
	Present   Side           `json:"present"`
	Next      Side           `json:"next"`
	Strict    bool           `json:"strict"`   // built-in rules stand where upstream's deviate
	Upstream  Diff           `json:"upstream"` // of the rules as upstream has them
	Chart     Diff           `json:"chart"`    // of the rules that the chart has
	Optional  []string       `json:"optional"` // new rules that are off until values name them
	Follow    []Follow       `json:"follow"`
	Labelled  []Labels       `json:"labelled"`
	Patches   []string       `json:"patches"`   // of clusters, that do not fit both versions: none of theirs counts
	Obstacles []string       `json:"obstacles"` // of these, what does not fit the next
	Controls  ControlChanges `json:"controls"`
	Stale     []Stale        `json:"stale"`
	Cost      Costs          `json:"cost"`
	Verdicts  []Verdicts     `json:"verdicts"` // clusters of one outcome joined
	Version   string         `json:"version"`  // of the chart; empty where nothing changes
	Why       string         `json:"why"`
	Written   string         `json:"written"`
	Clustered bool           `json:"-"`     // there are clusters, so values are known
	Today     string         `json:"today"` // as 2006-01-02
}

// Side is one of the versions.
type Side struct {
	Pin     policy.Pin `json:"pin"`
	Version string     `json:"version,omitempty"` // of the chart that is made from it
}

// Follow is a place in a file by hand that has to follow, and for which clusters.
type Follow struct {
	Mention
	Clusters []string `json:"clusters"`
}

// Labels is labels that namespaces of a cluster may bear.
type Labels struct {
	Scene  string  `json:"cluster"`
	Labels []Label `json:"labels"`
}

// Label is a label's key and the one in its place; empty where there is none.
type Label struct {
	From string `json:"from"`
	To   string `json:"to,omitempty"`
}

// ControlChange is a control and what was or is wrong with upstream's rules for it.
type ControlChange struct {
	Control string `json:"control"`
	Why     string `json:"why"`
}

// ControlChanges is what changes in how the standard's controls are held.
type ControlChanges struct {
	Gained   []ControlChange `json:"gained"`   // upstream has a rule for it now
	Lost     []ControlChange `json:"lost"`     // and here no more
	Needless []ControlChange `json:"needless"` // no correction is needed any more
	Needed   []ControlChange `json:"needed"`   // and here one is
}

// Stale is an exception, or an excluded rule or control, of values that has no effect
// any more.
type Stale struct {
	Scenes    []string `json:"clusters"`
	Key       string   `json:"key"` // of the namespaces
	Exception string   `json:"exception,omitempty"`
	Rule      string   `json:"rule,omitempty"`
	Control   string   `json:"control,omitempty"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
}

// Verdicts is what clusters answer otherwise.
type Verdicts struct {
	Scenes []string `json:"clusters"`
	compare.Comparison
	Corpus Corpus `json:"corpus"`
}

// Corpus is the manifests that get another verdict.
type Corpus struct {
	Objects int            `json:"objects"`
	Changes []ObjectChange `json:"changes"`
	Notes   []string       `json:"notes,omitempty"`
}

// ObjectChange is one manifest with another verdict.
type ObjectChange struct {
	check.Subject
	Direction compare.Direction `json:"direction"`
	Rules     []string          `json:"rules"`
	Message   string            `json:"message"`
}

// JoinVerdicts joins those that are the same but for the name, in the order given.
func JoinVerdicts(all []Verdicts) []Verdicts {
	var out []Verdicts
	for _, v := range all {
		i := slices.IndexFunc(out, func(o Verdicts) bool {
			return o.Samples == v.Samples && o.Places == v.Places && reflect.DeepEqual(lines(o), lines(v))
		})
		if i < 0 {
			out = append(out, v)
			continue
		}
		out[i].Scenes = append(out[i].Scenes, v.Scenes...)
	}
	return out
}

// lines gives what is told of a comparison.
func lines(v Verdicts) []string {
	var out []string
	for _, c := range v.Changes {
		out = append(out, fmt.Sprint(c.Direction, c.Place.Name, c.Place.For, c.Rules, c.Witness.Name, c.Like))
	}
	for _, c := range v.Corpus.Changes {
		out = append(out, fmt.Sprint(c.Direction, c.Subject, c.Rules))
	}
	return out
}

// JoinStale joins what several clusters have from one line.
func JoinStale(all []Stale) []Stale {
	var out []Stale
	for _, s := range all {
		i := slices.IndexFunc(out, func(o Stale) bool {
			return o.File == s.File && o.Line == s.Line && o.Key == s.Key && o.Exception == s.Exception && o.Rule == s.Rule && o.Control == s.Control
		})
		if i < 0 {
			out = append(out, s)
			continue
		}
		out[i].Scenes = append(out[i].Scenes, s.Scenes...)
	}
	return out
}

// Count gives how many kinds of pods and how many manifests change in a direction.
func (b Result) Count(d compare.Direction) int {
	n := 0
	for _, v := range b.Verdicts {
		n += v.Count(d)
		for _, c := range v.Corpus.Changes {
			if c.Direction == d {
				n++
			}
		}
	}
	return n
}

// Effect gives what all this comes to. Where there are no clusters nobody knows which
// names are in use, so any that goes has to follow.
func (b Result) Effect() Effect {
	names := len(b.Chart.Renamed) + len(b.Chart.Removed)
	return Effect{
		Enforced: b.Count(compare.Denied) > 0,
		Stricter: b.Count(compare.Denied)+b.Count(compare.Warned)+b.Count(compare.Audited) > 0,
		Looser:   b.Count(compare.Admitted)+b.Count(compare.Unwarned)+b.Count(compare.Unaudited) > 0,
		Optional: len(b.Optional) > 0,
		Renamed:  len(b.Follow)+len(b.Labelled) > 0 || names > 0 && !b.Clustered,
	}
}

// Sentence says which verdicts change.
func (b Result) Sentence() string {
	var parts []string
	for _, d := range compare.Directions() {
		if n := b.Count(d); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, d))
		}
	}
	if len(parts) == 0 {
		return "no verdict changes"
	}
	return strings.Join(parts, ", ")
}
