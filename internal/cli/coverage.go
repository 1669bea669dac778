package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/report"
)

// formMarkdown is the form of a report that the chart ships.
const formMarkdown = "markdown"

type coverageFlags struct {
	output          string
	skipUnsupported bool
	fixtures        string
}

func newCoverage(s Streams, p *project) *cobra.Command {
	var f coverageFlags
	cmd := &cobra.Command{
		Use:   "coverage",
		Short: "which rule enforces which control, in every version of the standard",
		Long: `coverage judges some hundred pods by the vendored policies and by Pod Security
Admission's own evaluator, for every version of the Pod Security Standards, and
shows control by control which rule enforces it, whose it is, and how many of the
pods get the right verdict. Where upstream's rules deviate it shows a pod.

Exit codes: 0 all controls are held, 1 failed, 2 usage, 3 a gap: a control that
nothing enforces, or not as the standard has it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{formText, formJSON, formMarkdown}, f.output) {
				return usageError{fmt.Errorf("coverage: -o %s is not one of %s, %s, %s", f.output, formText, formJSON, formMarkdown)}
			}
			facts, err := coverage(cmd.Context(), p, f.skipUnsupported, f.fixtures)
			if err != nil {
				return err
			}
			write := map[string]func(io.Writer) error{formText: facts.Text, formJSON: facts.JSON, formMarkdown: facts.Markdown}
			if err := write[f.output](s.Out); err != nil {
				return err
			}
			return gapsIn(facts)
		},
	}
	cmd.Flags().StringVarP(&f.output, "output", "o", formText, "`form` of the report: text, json or markdown")
	cmd.Flags().BoolVar(&f.skipUnsupported, "skip-unsupported", false, "leave out rules that cannot be native")
	cmd.Flags().StringVar(&f.fixtures, "fixtures", "", "also judge the pods of a test suite, in a `folder` laid out as Pod Security Admission's")
	return cmd
}

// coverage names the stages.
func coverage(ctx context.Context, p *project, skipUnsupported bool, fixtures string) (report.Coverage, error) {
	in, err := readProject(ctx, p, skipUnsupported)
	if err != nil {
		return report.Coverage{}, err
	}
	facts, err := coverageOf(in)
	if err != nil || fixtures == "" {
		return facts, err
	}
	all, err := readFixtures(fixtures)
	if err != nil {
		return facts, err
	}
	return facts, countFixtures(ctx, in.editions, all, &facts)
}

// gapsIn is the finding that controls are not held; nil where all are.
func gapsIn(facts report.Coverage) error {
	var errs []error
	for _, gap := range facts.Gaps() {
		errs = append(errs, fmt.Errorf("cover control %s since %s: %s", gap.Control, gap.Since, gap.Wrong()))
	}
	if len(errs) > 0 {
		return findings{errors.Join(errs...)}
	}
	return nil
}

// coverageOf gives the facts: for each control a row for each run of versions in
// which the same holds.
func coverageOf(in projectRules) (report.Coverage, error) {
	out := report.Coverage{Source: in.pin.String(), Standard: string(in.plan.Standard)}
	for _, info := range pss.Controls() {
		var rows []report.Covered
		for i, e := range in.editions {
			c := slices.IndexFunc(e.assessed.Controls, func(c pss.ControlReport) bool { return c.ID == info.ID })
			if c < 0 {
				continue // not held yet
			}
			row, err := covered(e.assessed.Controls[c])
			if err != nil {
				return out, err
			}
			if in.pin.Builtin() {
				row.Upstream = nil // it is the newest revision of the library itself
			}
			row.Since = e.version
			if i+1 < len(in.editions) {
				row.Until = in.editions[i+1].version
			}
			if n := len(rows) - 1; n >= 0 && sameBut(rows[n], row) {
				rows[n].Until = row.Until
				continue
			}
			rows = append(rows, row)
		}
		out.Controls = append(out.Controls, rows...)
	}
	return out, nil
}

// sameBut tells whether two rows differ in nothing but their versions.
func sameBut(a, b report.Covered) bool {
	a.Since, a.Until = b.Since, b.Until
	return reflect.DeepEqual(a, b)
}

func covered(c pss.ControlReport) (report.Covered, error) {
	out := report.Covered{
		Control: c.ID, Title: c.Title, Profile: c.Profile, Revision: c.Since, Rules: c.Rules, By: c.CoveredBy,
		From: string(c.Source), Tried: c.Tried, Right: c.Tried - c.Wrong,
	}
	if len(c.Deviations) == 0 {
		return out, nil
	}
	out.Upstream = &report.Given{Right: c.Tried - len(c.Deviations)}
	for _, of := range c.Kinds() {
		pod, err := example(c.ID, of[0].Probe.Pod)
		if err != nil {
			return out, err
		}
		out.Upstream.Examples = append(out.Upstream.Examples, report.Example{Text: of[0].String(), Refused: of[0].Refused, Like: len(of) - 1, Pod: pod})
	}
	return out, nil
}

// example gives a pod as somebody would write it.
func example(control policy.Control, pod *corev1.Pod) (any, error) {
	out, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		return nil, fmt.Errorf("show pod of %s: %w", control, err)
	}
	delete(out, "status")
	out["apiVersion"], out["kind"] = "v1", "Pod"
	out["metadata"] = map[string]any{"name": "example"}
	if len(pod.Annotations) > 0 {
		out["metadata"] = map[string]any{"name": "example", "annotations": pod.Annotations}
	}
	return out, nil
}
