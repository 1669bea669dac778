package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/term"
)

type coverageFlags struct {
	output          string
	skipUnsupported bool
	fixtures        string
}

func newCoverage(s term.Streams, p *project.Project) *cobra.Command {
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
			if !slices.Contains([]string{term.FormText, term.FormJSON, term.FormMarkdown}, f.output) {
				return term.Usage(fmt.Errorf("coverage: -o %s is not one of %s, %s, %s", f.output, term.FormText, term.FormJSON, term.FormMarkdown))
			}
			facts, err := rules.Cover(cmd.Context(), p, f.skipUnsupported, f.fixtures)
			if err != nil {
				return err
			}
			write := map[string]func(rules.Coverage, io.Writer) error{term.FormText: report.CoverageText, term.FormJSON: report.CoverageJSON, term.FormMarkdown: rules.Coverage.Markdown}
			if err := write[f.output](facts, s.Out); err != nil {
				return err
			}
			return rules.GapsIn(facts)
		},
	}
	cmd.Flags().StringVarP(&f.output, "output", "o", term.FormText, "`form` of the report: text, json or markdown")
	cmd.Flags().BoolVar(&f.skipUnsupported, "skip-unsupported", false, "leave out rules that cannot be native")
	cmd.Flags().StringVar(&f.fixtures, "fixtures", "", "also judge the pods of a test suite, in a `folder` laid out as Pod Security Admission's")
	return cmd
}
