package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/semver"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/release"
	"github.com/vapchart/vapchart/internal/sign"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/upstream"
)

type verifyFlags struct{ keyring, version, record string }

func newVerify(s Streams) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: "prove that a release is what it says it is",
		Long: `verify takes the bundle of a release, as an archive or unpacked, and checks the
signature, every digest, that nothing is missing and nothing extra, the record,
and the vendored policies by their lock. Then it makes everything again from the
sources in the bundle and compares byte for byte. Files that it cannot make again,
since another version of the tool wrote them or the release before is needed, are
named. It needs no network and reads nothing of the project.

Exit codes: 0 all is well, 1 it could not be found out, 2 usage, 3 it is not.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(1)(cmd, args); err != nil {
				return usageError{err}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			// A variable of a script that is not set must not take a check away.
			var errs []error
			for _, name := range []string{"keyring", "record", "version"} {
				if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() == "" {
					errs = append(errs, usageError{fmt.Errorf("verify: --%s is empty", name)})
				}
			}
			if err := errors.Join(errs...); err != nil {
				return err
			}
			return verify(cmd.Context(), s, args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.keyring, "keyring", "", "`file` with the keys that may have signed it, as gpg --export writes it")
	cmd.Flags().StringVar(&f.version, "version", "", "`version` that it has to be")
	cmd.Flags().StringVar(&f.record, "record", "", "`folder` of the release's record, as "+releasesDir+"/<version> has it, that it has to agree with")
	return cmd
}

// verify names every stage: open, hold against what is expected, make again.
func verify(ctx context.Context, s Streams, name string, f verifyFlags) error {
	proof := release.Proof{Version: f.version, Lock: lockFits, Rebuild: rebuild}
	if f.keyring != "" {
		keys, err := readKeyring(f.keyring)
		if err != nil {
			return err
		}
		proof.Signed = sign.Verifier{Keys: keys, Now: s.Now()}
	}
	if f.record != "" {
		record, err := readRecord(f.record)
		if err != nil {
			return err
		}
		proof.Record = record
	}
	o, err := open(name)
	if err != nil {
		return verifyError(name, err)
	}
	proof.Bundle, proof.Name = o.bundle, o.name
	v, err := release.Verify(ctx, proof)
	if err != nil {
		return verifyError(name, err)
	}
	switch {
	case v.Signer != "":
		err = s.result("signature  by %s", v.Signer)
	case v.Signed:
		s.note("the signature was not looked at; name the keys with --keyring")
	default:
		s.note("the release is not signed: nobody can tell who made it")
	}
	return errors.Join(err, tellVerified(s, v))
}

// readRecord reads the folder of a record. One that lacks a file of it would agree
// with any release.
func readRecord(dir string) (tree.Tree, error) {
	record, err := tree.Read(dir)
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	var errs []error
	for _, name := range []string{release.RecordFile, release.SumsFile} {
		if _, ok := record[name]; !ok {
			errs = append(errs, policy.WithHint(fmt.Errorf("read record: no %s/%s", filepath.ToSlash(filepath.Clean(dir)), name),
				"name the folder of one release, such as "+releasesDir+"/0.1.0"))
		}
	}
	return record, errors.Join(errs...)
}

// tellVerified says what was proven, and what was not though it fits: an answer of
// "all" has to be true.
func tellVerified(s Streams, v release.Verified) error {
	rest := 0
	for _, n := range v.NotRebuilt {
		rest += len(n.Files)
	}
	all := "all"
	if rest > 0 {
		all = fmt.Sprintf("all but %d", rest)
	}
	held := "only the digests hold"
	if v.Signer != "" {
		held = "only the digests and the signature hold"
	}
	err := s.result("verified   %s %s: %d files, %s as their sources give them", v.Record.Chart, v.Record.Version, v.Files, all)
	for _, n := range v.NotRebuilt {
		it := "them"
		if len(n.Files) == 1 {
			it = "it"
		}
		err = errors.Join(err, s.result("not made   %s: %s; %s %s", strings.Join(n.Files, ", "), n.Why, held, it))
	}
	return err
}

// verifyError puts the bundle's name before what is wrong with it. Findings are
// told apart from what kept the tool from looking.
func verifyError(name string, err error) error {
	var found *release.Finding
	err = fmt.Errorf("verify %s: %w", filepath.ToSlash(name), err)
	if errors.As(err, &found) || errors.Is(err, release.ErrDamaged) {
		return findings{err}
	}
	return err
}

// opened is a bundle that was read.
type opened struct {
	bundle tree.Tree
	chart  tree.Tree // unpacked, where the bundle has a whole one
	name   string    // what the bundle is called, empty where that says nothing
}

// open reads a bundle: an archive, or the folder that it unpacks to.
func open(name string) (opened, error) {
	info, err := os.Stat(name)
	if err != nil {
		return opened{}, policy.WithHint(fmt.Errorf("open bundle: %w", err), "name the archive of a release, or the folder that it unpacks to")
	}
	var o opened
	if info.IsDir() {
		if o.bundle, err = tree.Read(name); err != nil {
			return o, &release.Finding{Err: fmt.Errorf("open bundle: %w", err)}
		}
	} else {
		data, err := os.ReadFile(name)
		if err != nil {
			return o, fmt.Errorf("open bundle: %w", err)
		}
		if o.name, o.bundle, err = release.Unpack(data); err != nil {
			return o, fmt.Errorf("open bundle: %w", err)
		}
		if called := strings.TrimSuffix(filepath.Base(name), release.ArchiveExtension); called != filepath.Base(name) && called != o.name {
			return o, &release.Finding{Err: fmt.Errorf("open bundle: it is called %s and holds %s", called, o.name)}
		}
	}
	record, err := release.ParseRecord(release.RecordFile, o.bundle[release.RecordFile])
	if err != nil {
		return o, nil //nolint:nilerr // verifying says what is wrong with it
	}
	if base := filepath.Base(name); o.name == "" && semver.IsValid("v"+strings.TrimPrefix(base, record.Chart+"-")) {
		o.name = base // a folder that is called as if it were a release
	}
	o.chart, err = chart.Unpack(record.Chart, o.bundle[release.ChartFile(record.Chart, record.Version)])
	if err != nil {
		o.chart = nil
	}
	return o, nil
}

// lockFits holds the vendored tree of a bundle against its lock.
func lockFits(lock []byte, vendored tree.Tree) error {
	l, err := upstream.ParseLock(release.LockFile, lock)
	if err == nil {
		err = l.Verify(vendored)
	}
	if err != nil {
		return &release.Finding{Err: err}
	}
	return nil
}

// rebuild makes everything again from the sources in a bundle, in a folder of its
// own. What people wrote is taken as it is, and what is told of a release before,
// which verifying names.
func rebuild(ctx context.Context, bundle tree.Tree, r release.Record) (out release.Rebuilt, err error) {
	dir, err := os.MkdirTemp("", "vapchart-verify-")
	if err != nil {
		return out, fmt.Errorf("rebuild: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := &project{dir: filepath.Join(dir, "project"), past: true}
	sources := tree.New()
	for _, name := range []string{release.ProjectFile, release.LockFile} {
		sources[name] = bundle[name]
	}
	if err := errors.Join(sources.Merge(upstreamDir, bundle.Below(release.VendoredDir)), sources.Merge(overlaysDir, bundle.Below(release.OverlaysDir))); err != nil {
		return out, err
	}
	if err := sources.Write(ctx, p.dir); err != nil {
		return out, err
	}
	in, err := assemble(ctx, Streams{Out: io.Discard, Err: io.Discard}, p, r.SkipUnsupported)
	if err != nil {
		if ctx.Err() != nil {
			return out, err
		}
		return out, policy.WithHint(&release.Finding{Err: fmt.Errorf("rebuild: %w", err)},
			fmt.Sprintf("vapchart %s made the release; this one cannot make it from its sources", r.Tool.Version))
	}
	in.Previous, in.Changelog, in.Verdicts, in.License = r.Previous, bundle[release.ChangelogFile], bundle[release.VerdictsFile], bundle[release.LicenseFile]
	if r.Previous == "" { // else that release would be needed
		if in.Verdicts, err = verdicts(ctx, &in, nil); err != nil {
			return out, err
		}
	}
	if out.Bundle, err = release.Build(in.Input); err != nil {
		return out, &release.Finding{Err: err}
	}
	archive := bundle[release.ChartFile(r.Chart, r.Version)]
	out.Chart = in.chart
	if out.Unpacked, err = chart.Unpack(r.Chart, archive); err != nil {
		return out, &release.Finding{Err: err}
	}
	if out.Provenance, err = chart.Provenance(release.ChartFile(r.Chart, r.Version), archive); err != nil {
		return out, &release.Finding{Err: err}
	}
	return out, nil
}
