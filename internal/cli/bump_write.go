package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/bump"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/upstream"
	"github.com/vapchart/vapchart/internal/verdict"
)

// changelogFile is where the chart's versions are told of.
const changelogFile = "CHANGELOG.md"

// write makes everything of the next version beside what is there, and only then puts
// it into place: the vendored tree, what build makes, then the lock, the project file
// and the changelog.
func (b *bumper) write(ctx context.Context, fetched fetchedVersion, told report.Bump) (err error) {
	next := b.next.in
	next.plan.Chart.Version = told.Version
	out := newOutputs(b.p, buildFlags{force: b.f.force})
	defer func() { err = errors.Join(err, out.Discard()) }()
	if _, err := makeFrom(ctx, b.s, b.p, next, b.f.values, out); err != nil {
		return fmt.Errorf("build %s: %w", fetched.Pin, err)
	}
	if err := upstream.Stage(ctx, &out.Transaction, b.p.path(upstreamDir), b.p.path(lockFile), fetched.Fetched); err != nil {
		return err
	}
	project, err := b.projectText(fetched.project, told.Version)
	if err != nil {
		return err
	}
	now, err := os.ReadFile(b.p.path(changelogFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read changelog: %w", err)
	}
	log, err := bump.Changelog(now, entryOf(told))
	if err != nil {
		return err
	}
	if err := errors.Join(out.File(b.p.path(projectFile), project), out.File(b.p.path(changelogFile), log)); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("write %s: %w", fetched.Pin, err)
	}
	return out.finish(b.s)
}

// projectText gives the project file with the next source and the next version.
func (b *bumper) projectText(text []byte, version string) ([]byte, error) {
	changed, err := withSource(b.p, text, b.now.in.plan.Upstream, b.next.in.plan.Upstream)
	if err != nil {
		return nil, err
	}
	if changed != nil {
		text = changed
	}
	return config.SetVersion(filepath.ToSlash(b.p.path(projectFile)), text, version)
}

// entryOf gives what the changelog says: names that users of the values meet, and
// every verdict that changes.
func entryOf(told report.Bump) bump.Entry {
	e := bump.Entry{Version: told.Version, Date: told.Today, Present: told.Present.Pin.String(), Next: told.Next.Pin.String(), Why: told.Why}
	quoted := func(names []string) []string {
		var out []string
		for _, n := range names {
			out = append(out, "rule `"+n+"`")
		}
		return out
	}
	var changed, removed []string
	for _, r := range told.Chart.Renamed {
		changed = append(changed, fmt.Sprintf("rule `%s` is now `%s`", r.From, r.To))
	}
	changed = append(changed, told.Changes(verdict.Denied, verdict.Warned, verdict.Audited)...)
	for _, c := range told.Chart.Changed {
		if c.Kind == bump.Message {
			changed = append(changed, fmt.Sprintf("rule `%s` says it in other words", c.Rule))
		}
	}
	removed = append(quoted(told.Chart.Removed), told.Changes(verdict.Admitted, verdict.Unwarned, verdict.Unaudited)...)
	e.Sections = []bump.Section{
		{Title: "Added", Items: quoted(told.Chart.Added)}, {Title: "Changed", Items: changed}, {Title: "Removed", Items: removed},
	}
	return e
}
