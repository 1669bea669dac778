package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/upstream"
)

// bundleFile is a bundle that was read.
type bundleFile struct {
	bundle tree.Tree
	chart  tree.Tree // unpacked, where the bundle has a whole one
	name   string    // what the bundle is called, empty where that says nothing
}

// open reads a bundle: an archive, or the folder that it unpacks to.
func open(name string) (bundleFile, error) {
	info, err := os.Stat(name)
	if err != nil {
		return bundleFile{}, policy.WithHint(fmt.Errorf("open bundle: %w", err), "name the archive of a release, or the folder that it unpacks to")
	}
	var o bundleFile
	if info.IsDir() {
		if o.bundle, err = tree.Read(name); err != nil {
			return o, &Finding{Err: fmt.Errorf("open bundle: %w", err)}
		}
	} else {
		data, err := os.ReadFile(name)
		if err != nil {
			return o, fmt.Errorf("open bundle: %w", err)
		}
		if o.name, o.bundle, err = Unpack(data); err != nil {
			return o, fmt.Errorf("open bundle: %w", err)
		}
		if called := strings.TrimSuffix(filepath.Base(name), ArchiveExtension); called != filepath.Base(name) && called != o.name {
			return o, &Finding{Err: fmt.Errorf("open bundle: it is called %s and holds %s", called, o.name)}
		}
	}
	record, err := ParseRecord(RecordFile, o.bundle[RecordFile])
	if err != nil {
		return o, nil //nolint:nilerr // verifying says what is wrong with it
	}
	if base := filepath.Base(name); o.name == "" && semver.IsValid("v"+strings.TrimPrefix(base, record.Chart+"-")) {
		o.name = base // a folder that is called as if it were a release
	}
	o.chart, err = chart.Unpack(record.Chart, o.bundle[ChartFile(record.Chart, record.Version)])
	if err != nil {
		o.chart = nil
	}
	return o, nil
}

// lockFits holds the vendored tree of a bundle against its lock.
func lockFits(lock []byte, vendored tree.Tree) error {
	l, err := upstream.ParseLock(LockFile, lock)
	if err == nil {
		err = l.Verify(vendored)
	}
	if err != nil {
		return &Finding{Err: err}
	}
	return nil
}

// rebuild makes everything again from the sources in a bundle, in a folder of its
// own. What people wrote is taken as it is, and what is told of a release before,
// which verifying names.
func rebuild(ctx context.Context, bundle tree.Tree, r Record) (out Rebuilt, err error) {
	dir, err := os.MkdirTemp("", "vapchart-verify-")
	if err != nil {
		return out, fmt.Errorf("rebuild: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := &project.Project{Dir: filepath.Join(dir, "project"), Past: true}
	sources := tree.New()
	for _, name := range []string{ProjectFile, LockFile} {
		sources[name] = bundle[name]
	}
	if err := errors.Join(sources.Merge(project.UpstreamDir, bundle.Below(VendoredDir)), sources.Merge(project.OverlaysDir, bundle.Below(OverlaysDir))); err != nil {
		return out, err
	}
	if err := sources.Write(ctx, p.Dir); err != nil {
		return out, err
	}
	in, err := assemble(ctx, term.Streams{Out: io.Discard, Err: io.Discard}, p, r.SkipUnsupported)
	if err != nil {
		if ctx.Err() != nil {
			return out, err
		}
		return out, policy.WithHint(&Finding{Err: fmt.Errorf("rebuild: %w", err)},
			fmt.Sprintf("vapchart %s made the release; this one cannot make it from its sources", r.Tool.Version))
	}
	in.Previous, in.Changelog, in.Verdicts, in.License = r.Previous, bundle[ChangelogFile], bundle[VerdictsFile], bundle[LicenseFile]
	if r.Previous == "" { // else that release would be needed
		if in.Verdicts, err = verdicts(ctx, &in, nil); err != nil {
			return out, err
		}
	}
	if out.Bundle, err = Build(in.Input); err != nil {
		return out, &Finding{Err: err}
	}
	archive := bundle[ChartFile(r.Chart, r.Version)]
	out.Chart = in.chart
	if out.Unpacked, err = chart.Unpack(r.Chart, archive); err != nil {
		return out, &Finding{Err: err}
	}
	if out.Provenance, err = chart.Provenance(ChartFile(r.Chart, r.Version), archive); err != nil {
		return out, &Finding{Err: err}
	}
	return out, nil
}
