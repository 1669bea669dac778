package bump

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/term"
)

// Options are the flags of the verb `bump`, by their names. Output is one of the forms
// of package term.
type Options struct {
	project.SourceOptions
	Corpus, Values  []string
	Output          string
	DryRun          bool
	Force           bool
	SkipUnsupported bool
}

// Run names every stage, in order. Nothing is written before the report has been
// made, and then all or nothing.
func Run(ctx context.Context, s term.Streams, p *project.Project, f Options) (told Result, err error) {
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
	told.Today = s.Time().UTC().Format(time.DateOnly)
	changed := told.Next.Pin != told.Present.Pin || now.in.Plan.Upstream.String() != next.in.Plan.Upstream.String() || !sameFiles(now.in.Vendored, next.in.Vendored)
	if changed {
		if told.Version, told.Why, err = Next(now.in.Plan.Chart.Version, told.Effect()); err != nil {
			return told, err
		}
	}
	blocked := len(told.Follow)+len(told.Obstacles) > 0
	switch {
	case !changed:
		told.Written = NothingToWrite
	case f.DryRun:
		told.Written = DryRun
		err = proveNext(ctx, next)
	case blocked:
		told.Written = Blocked
	default:
		err = b.write(ctx, fetched, told)
		told.Written = Written
	}
	return told, err
}

// Findings gives what a run ends with where CI has to look at it.
func Findings(told Result) error {
	var errs []error
	if e := told.Effect(); e.Meaning() {
		errs = append(errs, term.Finding(fmt.Errorf("bump to %s: %s", told.Next.Pin, told.Sentence())))
	}
	if told.Written == Blocked {
		for _, o := range told.Obstacles {
			errs = append(errs, term.Finding(fmt.Errorf("bump to %s: %s", told.Next.Pin, o)))
		}
		errs = append(errs, term.Finding(fmt.Errorf("bump to %s: nothing was written, since %s in files by hand first", told.Next.Pin,
			term.Count(len(told.Follow)+len(told.Obstacles), "place has to follow", "places have to follow"))))
	}
	return errors.Join(errs...)
}

// version is one of the two versions: its rules, and the chart made of them.
type version struct {
	in    rules.Project
	rules []Rule // of the chart, in all their forms
	chartFiles
}

// read reads the present version from the project and fetches the next.
func (f Options) read(ctx context.Context, s term.Streams, p *project.Project) (now, next version, fetched fetchedVersion, err error) {
	plan, text, err := p.Load()
	if err != nil {
		return now, next, fetched, err
	}
	in, err := rules.ReadProject(ctx, p, f.SkipUnsupported)
	if err != nil {
		return now, next, fetched, err
	}
	to := in
	if to.Plan.Upstream, err = f.Apply(p, plan.Upstream); err != nil {
		return now, next, fetched, err
	}
	if fetched.Fetched, err = rules.Fetch(ctx, p, to.Plan.Upstream, plan.Select); err != nil {
		return now, next, fetched, err
	}
	for _, n := range fetched.Notes {
		s.Note("%s", n)
	}
	fetched.project = text
	to.Vendored, to.Pin = fetched.Tree, fetched.Pin
	if to, err = rules.ReadVersion(ctx, to, f.SkipUnsupported); err != nil {
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
