package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/bump"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/verdict"
)

// Outcome of a bump: whether anything was written.
const (
	Written        = "written"
	DryRun         = "dry-run"
	Blocked        = "blocked" // files by hand have to follow first
	NothingToWrite = "nothing"
)

// Bump is what another version of the policies changes.
type Bump struct {
	Present   BumpSide       `json:"present"`
	Next      BumpSide       `json:"next"`
	Strict    bool           `json:"strict"`   // built-in rules stand where upstream's deviate
	Upstream  bump.Diff      `json:"upstream"` // of the rules as upstream has them
	Chart     bump.Diff      `json:"chart"`    // of the rules that the chart has
	Optional  []string       `json:"optional"` // new rules that are off until values name them
	Follow    []BumpFollow   `json:"follow"`
	Labelled  []BumpLabels   `json:"labelled"`
	Patches   []string       `json:"patches"`   // of clusters, that do not fit both versions: none of theirs counts
	Obstacles []string       `json:"obstacles"` // of these, what does not fit the next
	Controls  BumpControls   `json:"controls"`
	Stale     []BumpStale    `json:"stale"`
	Cost      BumpCosts      `json:"cost"`
	Verdicts  []BumpVerdicts `json:"verdicts"` // clusters of one outcome joined
	Version   string         `json:"version"`  // of the chart; empty where nothing changes
	Why       string         `json:"why"`
	Written   string         `json:"written"`
	Clustered bool           `json:"-"`     // there are clusters, so values are known
	Today     string         `json:"today"` // as 2006-01-02
}

// BumpSide is one of the versions.
type BumpSide struct {
	Pin     policy.Pin `json:"pin"`
	Version string     `json:"version,omitempty"` // of the chart that is made from it
}

// BumpFollow is a place in a file by hand that has to follow, and for which clusters.
type BumpFollow struct {
	bump.Mention
	Clusters []string `json:"clusters"`
}

// BumpLabels is labels that namespaces of a cluster may bear.
type BumpLabels struct {
	Scene  string      `json:"cluster"`
	Labels []BumpLabel `json:"labels"`
}

// BumpLabel is a label's key and the one in its place; empty where there is none.
type BumpLabel struct {
	From string `json:"from"`
	To   string `json:"to,omitempty"`
}

// BumpControl is a control and what was or is wrong with upstream's rules for it.
type BumpControl struct {
	Control string `json:"control"`
	Why     string `json:"why"`
}

// BumpControls is what changes in how the standard's controls are held.
type BumpControls struct {
	Gained   []BumpControl `json:"gained"`   // upstream has a rule for it now
	Lost     []BumpControl `json:"lost"`     // and here no more
	Needless []BumpControl `json:"needless"` // no correction is needed any more
	Needed   []BumpControl `json:"needed"`   // and here one is
}

// BumpStale is an exception, or an excluded rule or control, of values that has no effect
// any more.
type BumpStale struct {
	Scenes    []string `json:"clusters"`
	Key       string   `json:"key"` // of the namespaces
	Exception string   `json:"exception,omitempty"`
	Rule      string   `json:"rule,omitempty"`
	Control   string   `json:"control,omitempty"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
}

// BumpVerdicts is what clusters answer otherwise.
type BumpVerdicts struct {
	Scenes []string `json:"clusters"`
	verdict.Comparison
	Corpus BumpCorpus `json:"corpus"`
}

// BumpCorpus is the manifests that get another verdict.
type BumpCorpus struct {
	Objects int          `json:"objects"`
	Changes []BumpObject `json:"changes"`
	Notes   []string     `json:"notes,omitempty"`
}

// BumpObject is one manifest with another verdict.
type BumpObject struct {
	Subject
	Direction verdict.Direction `json:"direction"`
	Rules     []string          `json:"rules"`
	Message   string            `json:"message"`
}

// JoinBumpVerdicts joins those that are the same but for the name, in the order given.
func JoinBumpVerdicts(all []BumpVerdicts) []BumpVerdicts {
	var out []BumpVerdicts
	for _, v := range all {
		i := slices.IndexFunc(out, func(o BumpVerdicts) bool {
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
func lines(v BumpVerdicts) []string {
	var out []string
	for _, c := range v.Changes {
		out = append(out, fmt.Sprint(c.Direction, c.Place.Name, c.Place.For, c.Rules, c.Witness.Name, c.Like))
	}
	for _, c := range v.Corpus.Changes {
		out = append(out, fmt.Sprint(c.Direction, c.Subject, c.Rules))
	}
	return out
}

// JoinBumpStale joins what several clusters have from one line.
func JoinBumpStale(all []BumpStale) []BumpStale {
	var out []BumpStale
	for _, s := range all {
		i := slices.IndexFunc(out, func(o BumpStale) bool {
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

// Directions gives the directions in which a verdict can change, the gravest first.
func Directions() []verdict.Direction {
	return []verdict.Direction{verdict.Denied, verdict.Admitted, verdict.Warned, verdict.Unwarned, verdict.Audited, verdict.Unaudited}
}

// CompareDirections sorts directions, the gravest first.
func CompareDirections(a, b verdict.Direction) int {
	return slices.Index(Directions(), a) - slices.Index(Directions(), b)
}

// Count gives how many kinds of pods and how many manifests change in a direction.
func (b Bump) Count(d verdict.Direction) int {
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
func (b Bump) Effect() bump.Effect {
	names := len(b.Chart.Renamed) + len(b.Chart.Removed)
	return bump.Effect{
		Enforced: b.Count(verdict.Denied) > 0,
		Stricter: b.Count(verdict.Denied)+b.Count(verdict.Warned)+b.Count(verdict.Audited) > 0,
		Looser:   b.Count(verdict.Admitted)+b.Count(verdict.Unwarned)+b.Count(verdict.Unaudited) > 0,
		Optional: len(b.Optional) > 0,
		Renamed:  len(b.Follow)+len(b.Labelled) > 0 || names > 0 && !b.Clustered,
	}
}

// Sentence says which verdicts change.
func (b Bump) Sentence() string {
	var parts []string
	for _, d := range Directions() {
		if n := b.Count(d); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, d))
		}
	}
	if len(parts) == 0 {
		return "no verdict changes"
	}
	return strings.Join(parts, ", ")
}

// JSON writes all of it.
func (b Bump) JSON(w io.Writer) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(b); err != nil {
		return fmt.Errorf("report bump: %w", err)
	}
	_, err := out.WriteTo(w)
	return err
}
