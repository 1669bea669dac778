package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/bump"
	"github.com/vapchart/vapchart/internal/report"
)

type bumpFlags struct {
	vendorFlags
	corpus, values  []string
	output          string
	dryRun          bool
	force           bool
	skipUnsupported bool
}

func newBump(s Streams, p *project) *cobra.Command {
	var f bumpFlags
	cmd := &cobra.Command{
		Use:   "bump",
		Short: "take another version of the policies, and see what that changes before it does",
		Long: `bump fetches another version of the policies, builds the chart from it beside the
present one, and shows what differs: rules, controls, corrections, what has to
follow in files by hand, and which pods and manifests get another verdict in which
cluster. Then it writes all of it, with the next version of the chart and an entry
in ` + changelogFile + `: ` + upstreamDir + `/, ` + lockFile + `, ` + projectFile + `, and all that build
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
			case !slices.Contains([]string{formText, formJSON, formMarkdown}, f.output):
				return usageError{fmt.Errorf("bump: -o %s is not one of %s, %s, %s", f.output, formText, formJSON, formMarkdown)}
			case f.ref == "" && f.source == "":
				return usageError{errors.New("bump: no version, name one with --ref")}
			}
			told, err := bumpTo(cmd.Context(), s, p, f)
			if err != nil {
				return err
			}
			write := map[string]func(io.Writer) error{formText: told.Text, formJSON: told.JSON, formMarkdown: told.Markdown}
			return errors.Join(write[f.output](s.Out), bumpFindings(told))
		},
	}
	cmd.Flags().StringVar(&f.ref, "ref", "", "`branch`, tag or commit to take")
	cmd.Flags().StringVar(&f.source, "source", "", "repository `URL`, folder, or \"builtin\" to take it from; default: the present one")
	cmd.Flags().StringArrayVar(&f.corpus, "corpus", nil, "manifests or a dump of a cluster to judge as well: a `file`, a folder, or - for standard input; may be repeated")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "write nothing")
	cmd.Flags().StringVarP(&f.output, "output", "o", formText, "`form` of the report: text, json or markdown")
	cmd.Flags().BoolVar(&f.force, "force", false, "replace generated files that were changed by hand")
	cmd.Flags().BoolVar(&f.skipUnsupported, "skip-unsupported", false, "leave out and list rules that cannot be native")
	cmd.Flags().StringArrayVar(&f.values, "values", nil, "without clusters: values `file` to compare by; may be repeated, later ones win")
	return cmd
}

// bumpTo names every stage, in order. Nothing is written before the report has been
// made, and then all or nothing.
func bumpTo(ctx context.Context, s Streams, p *project, f bumpFlags) (told report.Bump, err error) {
	now, next, fetched, err := f.read(ctx, s, p)
	if err != nil {
		return told, err
	}
	corpus, err := f.readCorpus(s)
	if err != nil {
		return told, err
	}
	b := bumper{s: s, p: p, f: f, now: now, next: next, corpus: corpus}
	if told, err = b.compare(ctx); err != nil {
		return told, err
	}
	told.Today = s.Now().UTC().Format(time.DateOnly)
	changed := told.Next.Pin != told.Present.Pin || now.in.plan.Upstream.String() != next.in.plan.Upstream.String() || !sameFiles(now.in.vendored, next.in.vendored)
	if changed {
		if told.Version, told.Why, err = bump.Next(now.in.plan.Chart.Version, told.Effect()); err != nil {
			return told, err
		}
	}
	blocked := len(told.Follow)+len(told.Obstacles) > 0
	switch {
	case !changed:
		told.Written = report.NothingToWrite
	case f.dryRun:
		told.Written = report.DryRun
		err = proveNext(ctx, next)
	case blocked:
		told.Written = report.Blocked
	default:
		err = b.write(ctx, fetched, told)
		told.Written = report.Written
	}
	return told, err
}

// bumpFindings gives what a run ends with where CI has to look at it.
func bumpFindings(told report.Bump) error {
	var errs []error
	if e := told.Effect(); e.Meaning() {
		errs = append(errs, findings{fmt.Errorf("bump to %s: %s", told.Next.Pin, told.Sentence())})
	}
	if told.Written == report.Blocked {
		for _, o := range told.Obstacles {
			errs = append(errs, findings{fmt.Errorf("bump to %s: %s", told.Next.Pin, o)})
		}
		errs = append(errs, findings{fmt.Errorf("bump to %s: nothing was written, since %s in files by hand first", told.Next.Pin,
			count(len(told.Follow)+len(told.Obstacles), "place has to follow", "places have to follow"))})
	}
	return errors.Join(errs...)
}

// side is one of the two versions: its rules, and the chart made of them.
type side struct {
	in    projectRules
	rules []bump.Rule // of the chart, in all their forms
	chartFiles
}

// read reads the present version from the project and fetches the next.
func (f bumpFlags) read(ctx context.Context, s Streams, p *project) (now, next side, fetched fetchedVersion, err error) {
	plan, text, err := p.load()
	if err != nil {
		return now, next, fetched, err
	}
	in, err := readProject(ctx, p, f.skipUnsupported)
	if err != nil {
		return now, next, fetched, err
	}
	to := in
	if to.plan.Upstream, err = f.apply(p, plan.Upstream); err != nil {
		return now, next, fetched, err
	}
	if fetched.Fetched, err = fetch(ctx, p, to.plan.Upstream, plan.Select); err != nil {
		return now, next, fetched, err
	}
	for _, n := range fetched.Notes {
		s.note("%s", n)
	}
	fetched.project = text
	to.vendored, to.pin = fetched.Tree, fetched.Pin
	if to, err = readVersion(ctx, to, f.skipUnsupported); err != nil {
		return now, next, fetched, fmt.Errorf("read %s: %w", fetched.Pin, err)
	}
	if now, err = newSide(in); err != nil {
		return now, next, fetched, err
	}
	if next, err = newSide(to); err != nil {
		return now, next, fetched, fmt.Errorf("build %s: %w", fetched.Pin, err)
	}
	return now, next, fetched, noteDrift(s, p, now)
}
