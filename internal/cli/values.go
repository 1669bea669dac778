package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/values"
)

// formYAML is the form of a report that is YAML with comments.
const formYAML = "yaml"

type valuesFlags struct {
	all    bool
	chart  string
	output string
}

func newValues(s term.Streams, p *project.Project) *cobra.Command {
	var f valuesFlags
	cmd := &cobra.Command{
		Use:   "values CLUSTER [KEY]",
		Short: "which values does a cluster have, and from which file?",
		Long: `values merges the values files of a cluster as helm would, ` + project.OverlaysDir + `/` + project.Common + `
below those of its group below its own, and prints the result as YAML. The file
and line that each value comes from stand behind it. Lists count as one value.
A key that a later file takes away with null is shown with both places.

KEY is the dotted path of the part to show. A key that holds dots may stand in
quotes; * stands for itself, so quote the whole for the shell.

Exit codes: 0 done, 1 failed or no such key, 2 usage.`,
		Example: `  vapchart values eqiad
  vapchart values eqiad 'namespaces.mw-*'
  vapchart values eqiad 'commonLabels."app.kubernetes.io/part-of"'
  vapchart values eqiad --all -o json`,
		Args: clusterAnd(1),
		RunE: func(_ *cobra.Command, args []string) error { return showValues(s, p, f, args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "also show what the chart has itself, with the origin \""+report.OwnOrigin+"\"")
	flags.StringVar(&f.chart, "chart", "", "`folder` of the chart (default "+project.ChartsDir+"/<chart.name> of the project)")
	flags.StringVarP(&f.output, "output", "o", formYAML, "`form` of the report: yaml or json")
	return cmd
}

// clusterAnd wants the name of a cluster and at most some more arguments.
func clusterAnd(more int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		verb := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
		switch {
		case len(args) == 0:
			return term.Usage(fmt.Errorf("%s: no cluster, name one", verb))
		case len(args) > 1+more:
			return term.Usage(fmt.Errorf("%s: %q is one argument too many", verb, args[1+more]))
		}
		return nil
	}
}

// showValues names the stages: the levels, the merge with its origins, the part
// that is asked for, the report.
func showValues(s term.Streams, p *project.Project, f valuesFlags, args []string) error {
	var parts []string
	var errs []error
	if len(args) > 1 {
		var err error
		if parts, err = chart.ParsePath(args[1]); err != nil {
			errs = append(errs, term.Usage(fmt.Errorf("values: KEY %q: %w", args[1], err)))
		}
	}
	if !slices.Contains([]string{formYAML, term.FormJSON}, f.output) {
		errs = append(errs, term.Usage(fmt.Errorf("values: -o %s is not one of %s, %s", f.output, formYAML, term.FormJSON)))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	plan, _, err := p.Load()
	if err != nil {
		return err
	}
	cluster, err := project.FindCluster(plan, args[0])
	if err != nil {
		return err
	}
	levels, err := clusterLevels(s, p, f, cluster)
	if err != nil {
		return err
	}
	at, err := levels.find(parts)
	if err != nil {
		return project.ClusterError([]string{cluster.Name}, err)
	}
	values := levels.report(p).Below(at)
	if f.output == term.FormJSON {
		return values.JSON(s.Out)
	}
	return values.YAML(s.Out, at)
}

// levels are all levels of a cluster's values, lowest first.
type levels struct {
	layers []chart.Layer
	own    int // how many of them, at the start, are the chart's own
	shown  int // the first that is asked for
}

// clusterLevels reads the levels of a cluster. Without a chart the keys of the
// files cannot be looked up; a note says so, as long as nobody asks for it.
func clusterLevels(s term.Streams, p *project.Project, f valuesFlags, c project.Cluster) (levels, error) {
	var out levels
	files, chartErr := cluster.ReadChart(p, f.chart)
	var missing cluster.NoChart
	switch {
	case chartErr == nil:
		own, err := chart.Own(files)
		if err != nil {
			return levels{}, err
		}
		out = levels{layers: []chart.Layer{own}, own: 1, shown: 1}
	case errors.As(chartErr, &missing) && !f.all && f.chart == "":
		s.Note("there is no chart yet, so the keys were not looked up in it; vapchart build makes it")
		chartErr = nil
	}
	if f.all {
		out.shown = 0
	}
	names, err := project.ClusterFiles(p, c)
	if err != nil {
		return levels{}, errors.Join(chartErr, project.ClusterError([]string{c.Name}, err))
	}
	layers, err := cluster.ReadLayers(files, names)
	if err := errors.Join(chartErr, project.ClusterError([]string{c.Name}, err)); err != nil {
		return levels{}, err
	}
	out.layers = append(out.layers, layers...)
	expired, soon := values.Expiry(chart.MergeLayers(layers), s.Time().UTC())
	for _, n := range append(expired, soon...) {
		s.Note("%s", n)
	}
	return out, nil
}

// find gives the path that parts of a KEY mean; none is all of the values.
func (l levels) find(parts []string) ([]string, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	at, err := chart.FindPath(chart.MergeLayers(l.layers[l.shown:]), parts)
	if err != nil && l.shown > 0 {
		if own, ownErr := chart.FindPath(l.layers[0].Values, parts); ownErr == nil {
			return nil, policy.WithHint(err, "only the chart itself has "+chart.KeyText(own)+": --all shows it")
		}
	}
	return at, err
}

// report gives the merged values, with files as they are named from the project's
// folder, so that the output does not depend on where the verb runs.
func (l levels) report(p *project.Project) report.Values {
	place := func(o chart.Origin) report.Place {
		switch {
		case o.Layer < 0:
			return report.Place{}
		case o.Layer < l.own:
			return report.Place{Origin: report.OwnOrigin}
		}
		file, err := filepath.Rel(p.Dir, filepath.FromSlash(o.File))
		if err != nil {
			file = o.File
		}
		return report.Place{Origin: filepath.ToSlash(file), Line: o.Line}
	}
	var out report.Values
	for _, leaf := range chart.Trace(l.layers, l.shown) {
		value := report.Value{Key: chart.KeyText(leaf.Path), Path: leaf.Path, Value: leaf.Value, Place: place(leaf.Origin)}
		if leaf.Removed != nil {
			was := place(*leaf.Removed)
			value.Removed = &was
		}
		out = append(out, value)
	}
	return out
}
