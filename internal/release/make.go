package release

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/push"
	"github.com/vapchart/vapchart/internal/sign"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// ReleasesDir holds the record of each release, distDir what is not committed.
const (
	ReleasesDir = "releases"
	DistDir     = "dist"
)

// Options are the flags of the verb `release`, by their names.
type Options struct {
	Dist, Before    string
	SkipUnsupported bool
	Sign            bool
	Signing         SigningOptions
	Push            string
	Access          push.Access
}

// Check finds flags that do not go together.
func (f Options) Check() error {
	switch {
	case !f.Sign && f.Signing != SigningOptions{}:
		return errors.New("--key, --keyring and --passphrase-file go with --sign")
	case f.Sign && f.Signing.Keyring == "":
		return errors.New("--sign needs --keyring")
	case f.Push == "" && f.Access != push.Access{}:
		return errors.New("flags of a registry go with --push")
	}
	return nil
}

// Make names every stage, in order. What can be wrong on the outside is
// looked at before the work; nothing is in place before all of it is done.
func Make(ctx context.Context, s term.Streams, p *project.Project, version string, f Options) (err error) {
	signer, err := f.signer(s)
	if err != nil {
		return err
	}
	in, err := assemble(ctx, s, p, f.SkipUnsupported)
	if err != nil {
		return err
	}
	if version != in.Version {
		return policy.WithHint(fmt.Errorf("release %s: %s says chart.version %s", version, project.File, in.Version),
			"set chart.version and run `vapchart build`, or release "+in.Version)
	}
	if err := in.drift(s); err != nil {
		return err
	}
	if err := in.addWords(ctx, p, f); err != nil {
		return err
	}
	bundle, err := Build(in.Input)
	if err != nil {
		return err
	}
	if err := checkStatic(ctx, bundle, in.Input); err != nil {
		return err
	}
	if signer != nil {
		text, err := chart.Provenance(ChartFile(in.Chart, in.Version), in.Archive)
		if err != nil {
			return err
		}
		if err := Sign(bundle, in.Chart, in.Version, signer, text); err != nil {
			return err
		}
	}
	out, err := stageRelease(ctx, p, f, in.Facts, bundle)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Discard()) }()
	pushed, err := pushRelease(ctx, s, f, in, bundle)
	if err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	return out.tell(s, bundle, signer, pushed)
}

// signer gives the signer that the flags ask for, nil for none.
func (f Options) signer(s term.Streams) (*sign.Signer, error) {
	if !f.Sign {
		return nil, nil //nolint:nilnil // no signer is no error: releases may be unsigned
	}
	return f.Signing.signer(s)
}

// checkStatic has the API server's own loader read the static flavour of every
// cluster.
func checkStatic(ctx context.Context, bundle tree.Tree, in Input) (err error) {
	if len(in.Clusters) == 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "vapchart-static-")
	if err != nil {
		return fmt.Errorf("check static manifests: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var errs []error
	for _, c := range in.Clusters {
		if err := loadStatic(ctx, bundle, dir, c.Name); err != nil {
			errs = append(errs, fmt.Errorf("cluster %s: %w", c.Name, err))
		}
	}
	return errors.Join(errs...)
}
