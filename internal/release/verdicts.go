package release

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
)

// verdicts tells, in Markdown, what the chart decides otherwise than that of the
// release before: which rules came and went, and which of the pods that the
// standard is probed with are answered in another way, by each profile.
func verdicts(ctx context.Context, a *assembled, before *bundleFile) ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Verdicts of %s %s\n\n", a.Chart, a.Version)
	if before == nil {
		out.WriteString("There is no release before it to compare with.\n")
		return out.Bytes(), nil
	}
	found, err := compareCharts(ctx, before.chart, a.chart)
	if err != nil {
		return nil, fmt.Errorf("compare with release %s: %w", a.Previous, err)
	}
	fmt.Fprintf(&out, "What differs from %s, in namespaces of each profile, for the newest version of the standard.\n", a.Previous)
	was, is := rulesIn(before.chart), rulesIn(a.chart)
	list(&out, "Rules that are new", missing(is, was))
	list(&out, "Rules that are gone", missing(was, is))
	out.WriteString("\n## Answers\n\n```\n")
	if err := (compare.Verdicts{Comparison: found}).Text(&out); err != nil {
		return nil, err
	}
	out.WriteString("```\n")
	return out.Bytes(), nil
}

// compareCharts asks two charts about the same pods, with one namespace for each
// profile.
func compareCharts(ctx context.Context, before, after tree.Tree) (compare.Comparison, error) {
	entries := map[string]any{}
	for _, profile := range []string{"baseline", "restricted"} {
		entries[profile] = map[string]any{"profile": profile}
	}
	given := map[string]any{"namespaces": entries}
	whole, err := values.Decode(given)
	if err != nil {
		return compare.Comparison{}, err
	}
	var judges [2]admission.Ask
	for i, files := range []tree.Tree{before, after} {
		objs, err := cluster.Render(files, given, admission.Newest())
		if err != nil {
			return compare.Comparison{}, err
		}
		if judges[i], err = compare.Answerer(objs); err != nil {
			return compare.Comparison{}, err
		}
	}
	samples, err := sample.Witnesses(admission.Newest())
	if err != nil {
		return compare.Comparison{}, err
	}
	return compare.Compare(ctx, judges[0], judges[1], compare.Namespaces(whole, whole), samples)
}

// rulesIn names the rules of a chart.
func rulesIn(files tree.Tree) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(files.Below("files/rules"))) {
		out = append(out, strings.TrimSuffix(name, ".yaml"))
	}
	return out
}

// missing gives what of one list is not in another.
func missing(of, in []string) []string {
	return slices.DeleteFunc(slices.Clone(of), func(name string) bool { return slices.Contains(in, name) })
}

func list(out *bytes.Buffer, title string, items []string) {
	fmt.Fprintf(out, "\n## %s\n\n", title)
	if len(items) == 0 {
		out.WriteString("None.\n")
	}
	for _, i := range items {
		out.WriteString("- " + i + "\n")
	}
}
