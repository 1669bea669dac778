package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/bump"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/term"
)

func newBump(s term.Streams, p *project.Project) *cobra.Command {
	var f bump.Options
	cmd := &cobra.Command{
		Use:   "bump",
		Short: "take another version of the policies, and see what that changes before it does",
		Long: `bump fetches another version of the policies, builds the chart from it beside the
present one, and shows what differs: rules, controls, corrections, what has to
follow in files by hand, and which pods and manifests get another verdict in which
cluster. Then it writes all of it, with the next version of the chart and an entry
in ` + bump.ChangelogFile + `: ` + project.UpstreamDir + `/, ` + project.LockFile + `, ` + project.File + `, and all that build
makes. With --dry-run it writes nothing.

Nothing is written either as long as files by hand name rules that the new version
calls otherwise or does not have; bump lists them.

Exit codes: 0 no verdict changes, 1 failed, 2 usage, 3 something becomes stricter or
looser, or has to follow.`,
		Example: `  vapchart bump --ref release-1.17 --dry-run
  vapchart bump --ref release-1.17 --corpus manifests/ -o markdown
  kubectl get pods,deployments -A -o yaml > dump.yaml
  vapchart bump --ref release-1.17 --corpus dump.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case !slices.Contains([]string{term.FormText, term.FormJSON, term.FormMarkdown}, f.Output):
				return term.Usage(fmt.Errorf("bump: -o %s is not one of %s, %s, %s", f.Output, term.FormText, term.FormJSON, term.FormMarkdown))
			case f.Ref == "" && f.Source == "":
				return term.Usage(errors.New("bump: no version, name one with --ref"))
			}
			told, err := bump.Run(cmd.Context(), s, p, f)
			if err != nil {
				return err
			}
			write := map[string]func(bump.Result, io.Writer) error{term.FormText: report.BumpText, term.FormJSON: report.BumpJSON, term.FormMarkdown: report.BumpMarkdown}
			return errors.Join(write[f.Output](told, s.Out), bump.Findings(told))
		},
	}
	cmd.Flags().StringVar(&f.Ref, "ref", "", "`branch`, tag or commit to take")
	cmd.Flags().StringVar(&f.Source, "source", "", "repository `URL`, folder, or \"builtin\" to take it from; default: the present one")
	cmd.Flags().StringArrayVar(&f.Corpus, "corpus", nil, "manifests or a dump of a cluster to judge as well: a `file`, a folder, or - for standard input; may be repeated")
	cmd.Flags().BoolVar(&f.DryRun, "dry-run", false, "write nothing")
	cmd.Flags().StringVarP(&f.Output, "output", "o", term.FormText, "`form` of the report: text, json or markdown")
	cmd.Flags().BoolVar(&f.Force, "force", false, "replace generated files that were changed by hand")
	cmd.Flags().BoolVar(&f.SkipUnsupported, "skip-unsupported", false, "leave out and list rules that cannot be native")
	cmd.Flags().StringArrayVar(&f.Values, "values", nil, "without clusters: values `file` to compare by; may be repeated, later ones win")
	return cmd
}
