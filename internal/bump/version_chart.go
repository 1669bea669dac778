package bump

import (
	"bytes"
	"context"
	"maps"
	"path"

	"github.com/vapchart/vapchart/internal/build"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/upstream"
)

// fetchedVersion is the version that was fetched, and the text of the project file
// that is to name it.
type fetchedVersion struct {
	upstream.Fetched
	project []byte
}

// chartFiles is a chart before it is on the disk.
type chartFiles struct {
	input chart.Input
	files tree.Tree
}

// newSide makes the chart of a version.
func newSide(in rules.Project) (version, error) {
	out := version{in: in}
	var err error
	if out.input, err = build.ChartInput(in, path.Join(project.ChartsDir, in.Plan.Chart.Name)); err != nil {
		return out, err
	}
	if out.files, err = chart.Build(out.input); err != nil {
		return out, err
	}
	for _, r := range out.input.Rules {
		rule := Rule{Rule: r.Rule}
		for _, e := range r.Earlier {
			rule.Earlier = append(rule.Earlier, e.Rule)
		}
		out.rules = append(out.rules, rule)
	}
	return out, nil
}

// controlled gives the rules of upstream with the controls that they were found to
// hold, by which rules under other names are known again. A rule that was replaced
// holds what the rule in its place holds.
func (s version) controlled() []Rule {
	held := map[string][]policy.Control{}
	for _, r := range s.rules {
		held[r.Name] = r.Controls
	}
	out := Plain(rules.Of(s.in.Upstream.Converted))
	for i := range out {
		out[i].Controls = held[out[i].Name]
	}
	return out
}

// noteDrift says if the chart on the disk is not what is compared with.
func noteDrift(s term.Streams, p *project.Project, now version) error {
	there, err := tree.ReadIfThere(p.Path(now.input.Folder))
	if err == nil && len(there) > 0 && !sameFiles(there, now.files.Sealed()) {
		s.Note("%s is not what build makes of the present version; what is compared is what it would make", now.input.Folder)
	}
	return err
}

func sameFiles(a, b tree.Tree) bool { return maps.EqualFunc(a, b, bytes.Equal) }

// proveNext holds the chart of the next version to the API, as build does.
func proveNext(ctx context.Context, next version) error {
	return build.ProveChart(ctx, next.in.Plan, next.input, next.files, map[string]any{}, next.in.Library.Checker)
}
