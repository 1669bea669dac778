package bump

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/build"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/upstream"
)

// ChangelogFile is where the chart's versions are told of.
const ChangelogFile = "CHANGELOG.md"

// write makes everything of the next version beside what is there, and only then puts
// it into place: the vendored tree, what build makes, then the lock, the project file
// and the changelog.
func (b *bumper) write(ctx context.Context, fetched fetchedVersion, told Result) (err error) {
	next := b.next.in
	next.Plan.Chart.Version = told.Version
	out := build.NewOutputs(b.p, build.Options{Force: b.f.Force})
	defer func() { err = errors.Join(err, out.Discard()) }()
	if _, err := build.From(ctx, b.s, b.p, next, b.f.Values, out); err != nil {
		return fmt.Errorf("build %s: %w", fetched.Pin, err)
	}
	if err := upstream.Stage(ctx, &out.Transaction, b.p.Path(project.UpstreamDir), b.p.Path(project.LockFile), fetched.Fetched); err != nil {
		return err
	}
	projectText, err := b.projectText(fetched.project, told.Version)
	if err != nil {
		return err
	}
	now, err := os.ReadFile(b.p.Path(ChangelogFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read changelog: %w", err)
	}
	log, err := Changelog(now, entryOf(told))
	if err != nil {
		return err
	}
	if err := errors.Join(out.File(b.p.Path(project.File), projectText), out.File(b.p.Path(ChangelogFile), log)); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("write %s: %w", fetched.Pin, err)
	}
	return out.Finish(b.s)
}

// projectText gives the project file with the next source and the next version.
func (b *bumper) projectText(text []byte, version string) ([]byte, error) {
	changed, err := project.WithSource(b.p, text, b.now.in.Plan.Upstream, b.next.in.Plan.Upstream)
	if err != nil {
		return nil, err
	}
	if changed != nil {
		text = changed
	}
	return project.SetVersion(filepath.ToSlash(b.p.Path(project.File)), text, version)
}

// entryOf gives what the changelog says: names that users of the values meet, and
// every verdict that changes.
func entryOf(told Result) Entry {
	e := Entry{Version: told.Version, Date: told.Today, Present: told.Present.Pin.String(), Next: told.Next.Pin.String(), Why: told.Why}
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
	changed = append(changed, told.Changes(compare.Denied, compare.Warned, compare.Audited)...)
	for _, c := range told.Chart.Changed {
		if c.Kind == Message {
			changed = append(changed, fmt.Sprintf("rule `%s` says it in other words", c.Rule))
		}
	}
	removed = append(quoted(told.Chart.Removed), told.Changes(compare.Admitted, compare.Unwarned, compare.Unaudited)...)
	e.Sections = []Section{
		{Title: "Added", Items: quoted(told.Chart.Added)}, {Title: "Changed", Items: changed}, {Title: "Removed", Items: removed},
	}
	return e
}
