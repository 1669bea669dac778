package rules

import (
	"context"

	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/upstream"
	"github.com/vapchart/vapchart/locks"
	"github.com/vapchart/vapchart/policies"
)

// Vendor is the verb `vendor`: it fetches what the project selects, and writes the tree,
// the lock and, where the source is another, the project file.
func Vendor(ctx context.Context, s term.Streams, p *project.Project, f project.SourceOptions) error {
	plan, text, err := p.Load()
	if err != nil {
		return err
	}
	if f.Check {
		return CheckVendored(s, p)
	}
	source, err := f.Apply(p, plan.Upstream)
	if err != nil {
		return err
	}
	changed, err := project.WithSource(p, text, plan.Upstream, source)
	if err != nil {
		return err
	}
	fetched, err := Fetch(ctx, p, source, plan.Select)
	if err != nil {
		return err
	}
	if err := upstream.Write(ctx, p.Path(project.UpstreamDir), p.Path(project.LockFile), fetched); err != nil {
		return err
	}
	if changed != nil {
		if err := tree.WriteFile(p.Path(project.File), changed); err != nil {
			return err
		}
		s.Note("%s now names this source", project.File)
	}
	for _, n := range fetched.Notes {
		s.Note("%s", n)
	}
	taken, err := upstream.Policies(fetched.Tree, plan.Select)
	if err != nil {
		return err
	}
	return s.Result("vendored   %d policies of %s into %s/", len(taken), fetched.Pin, project.UpstreamDir)
}

// Fetch takes a source with everything that the tool carries: its own library
// and the locks of the versions it was proven with.
func Fetch(ctx context.Context, p *project.Project, src project.Upstream, sel project.Select) (upstream.Fetched, error) {
	builtin, err := tree.FromFS(policies.FS)
	if err != nil {
		return upstream.Fetched{}, err
	}
	known, err := upstream.KnownLocks(locks.FS)
	if err != nil {
		return upstream.Fetched{}, err
	}
	return upstream.Fetch(ctx, src, sel, upstream.Options{BaseDir: p.Dir, Builtin: builtin, Known: known})
}

// CheckVendored is `vendor --check`: it compares the vendored tree with its lock.
func CheckVendored(s term.Streams, p *project.Project) error {
	_, lock, err := readVendored(p)
	if err != nil {
		return err
	}
	return s.Result("verified   %d files of %s in %s/", len(lock.Files), lock.Pin(), project.UpstreamDir)
}
