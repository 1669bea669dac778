package cli

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/tree"
)

// verdicts tells, in Markdown, what the chart decides otherwise than that of the
// release before: which rules came and went, and which of the pods that the
// standard is probed with are now refused or let through, by each profile.
func verdicts(ctx context.Context, a *assembled, before *opened) ([]byte, error) {
	var out bytes.Buffer
	if before == nil {
		fmt.Fprintf(&out, "# Verdicts of %s %s\n\nThere is no release before it to compare with.\n", a.Chart, a.Version)
		return out.Bytes(), nil
	}
	was, err := decisions(ctx, before.chart)
	if err != nil {
		return nil, fmt.Errorf("judge by release %s: %w", a.Previous, err)
	}
	is, err := decisions(ctx, a.chart)
	if err != nil {
		return nil, fmt.Errorf("judge by release %s: %w", a.Version, err)
	}
	fmt.Fprintf(&out, "# Verdicts of %s %s\n\nWhat differs from %s, for the newest version of the standard.\n", a.Chart, a.Version, a.Previous)
	list(&out, "Rules that are new", missing(is.rules, was.rules))
	list(&out, "Rules that are gone", missing(was.rules, is.rules))
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		list(&out, fmt.Sprintf("Refused by %s, admitted before", profile), missing(is.refused[profile], was.refused[profile]))
		list(&out, fmt.Sprintf("Admitted by %s, refused before", profile), missing(was.refused[profile], is.refused[profile]))
	}
	return out.Bytes(), nil
}

// decided is what a chart decides: its rules, and for each profile the pods that
// it refuses, in words.
type decided struct {
	rules   map[string]bool
	refused map[policy.Profile]map[string]bool
}

// decisions has a chart judge every probe of the standard, once for each profile.
func decisions(ctx context.Context, files tree.Tree) (decided, error) {
	out := decided{rules: map[string]bool{}, refused: map[policy.Profile]map[string]bool{}}
	for name := range files.Below("files/rules") {
		out.rules[strings.TrimSuffix(name, ".yaml")] = true
	}
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		out.refused[profile] = map[string]bool{}
		values := map[string]any{"defaults": map[string]any{"profile": string(profile)}}
		rendered, err := chart.Render(files, values, chart.Release{Name: defaultRelease, Namespace: defaultRelease, Kubernetes: admission.Newest()})
		if err != nil {
			return out, err
		}
		objs, err := admission.Load(rendered.Objects)
		if err != nil {
			return out, err
		}
		judge, err := denier(objs, &sync.Map{})
		if err != nil {
			return out, err
		}
		for _, p := range pss.Creatable() {
			denials, err := judge(ctx, chainsaw.Namespace{Name: "any"}, p.Pod)
			if err != nil {
				return out, err
			}
			if len(denials) > 0 {
				out.refused[profile]["a pod "+p.Text] = true
			}
		}
	}
	return out, nil
}

// missing gives what of one set is not in another, sorted.
func missing(of, in map[string]bool) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if !in[name] {
			out = append(out, name)
		}
	}
	return out
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
