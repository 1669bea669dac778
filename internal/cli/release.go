package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/push"
	"github.com/vapchart/vapchart/internal/release"
	"github.com/vapchart/vapchart/internal/sign"
	"github.com/vapchart/vapchart/internal/tree"
)

// releasesDir holds the record of each release, distDir what is not committed.
const (
	releasesDir = "releases"
	distDir     = "dist"
)

type releaseFlags struct {
	dist, before    string
	skipUnsupported bool
	sign            bool
	signing         signingFlags
	push            string
	access          push.Access
}

func newRelease(s Streams, p *project) *cobra.Command {
	var f releaseFlags
	cmd := &cobra.Command{
		Use:   "release VERSION",
		Short: "make the bundle of a release, and its record",
		Long: `release packs everything of one version into ` + distDir + `/<chart>-<version>` + release.ArchiveExtension + `:
the chart, the overlays and objects of every cluster, what they were made from,
bill of materials, provenance and checksums. It writes the record into
` + releasesDir + `/<version>, which is to be committed. The same project gives the same
bytes on any machine and at any time; so do signatures of RSA and Ed25519 keys
where SOURCE_DATE_EPOCH says which time they bear.

A release that fails leaves nothing behind.

Exit codes: 0 done, 1 failed, 2 usage, 3 what is in the project is not what
vapchart build makes.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(1)(cmd, args); err != nil {
				return usageError{err}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return usageError{err}
			}
			return makeRelease(cmd.Context(), s, p, args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dist, "dist", "", "write the bundle into `folder` (default dist in the project)")
	flags.StringVar(&f.before, "before", "", "`bundle` of the release before, to tell which verdicts changed (default the one in the dist folder)")
	flags.BoolVar(&f.skipUnsupported, "skip-unsupported", false, "leave out rules that cannot be native, as for build")
	flags.BoolVar(&f.sign, "sign", false, "sign the chart and the checksums with an OpenPGP key")
	flags.StringVar(&f.signing.key, "key", "", "`name` of the key to sign with: a part of its user id, or its fingerprint")
	flags.StringVar(&f.signing.keyring, "keyring", "", "`file` with the secret key, as gpg --export-secret-keys writes it")
	flags.StringVar(&f.signing.passphraseFile, "passphrase-file", "", "`file` with the passphrase of the key, - for standard input")
	flags.StringVar(&f.push, "push", "", "also push chart and overlays below `address`, such as oci://host/path")
	flags.StringVar(&f.access.Config, "registry-config", "", "`file` with credentials, as helm registry login writes it (default Helm's)")
	flags.BoolVar(&f.access.PlainHTTP, "plain-http", false, "reach the registry by plain HTTP")
	flags.BoolVar(&f.access.Insecure, "insecure-skip-tls-verify", false, "do not check the registry's certificate")
	flags.StringVar(&f.access.CAFile, "ca-file", "", "`file` with the certificates to check that of the registry by")
	flags.StringVar(&f.access.CertFile, "cert-file", "", "`file` with a certificate of one's own for the registry")
	flags.StringVar(&f.access.KeyFile, "key-file", "", "`file` with the key of that certificate")
	return cmd
}

// check finds flags that do not go together.
func (f releaseFlags) check() error {
	switch {
	case !f.sign && f.signing != signingFlags{}:
		return errors.New("--key, --keyring and --passphrase-file go with --sign")
	case f.sign && f.signing.keyring == "":
		return errors.New("--sign needs --keyring")
	case f.push == "" && f.access != push.Access{}:
		return errors.New("flags of a registry go with --push")
	}
	return nil
}

// makeRelease names every stage, in order. What can be wrong on the outside is
// looked at before the work; nothing is in place before all of it is done.
func makeRelease(ctx context.Context, s Streams, p *project, version string, f releaseFlags) (err error) {
	signer, err := f.signer(s)
	if err != nil {
		return err
	}
	in, err := assemble(ctx, s, p, f.skipUnsupported)
	if err != nil {
		return err
	}
	if version != in.Version {
		return policy.WithHint(fmt.Errorf("release %s: %s says chart.version %s", version, projectFile, in.Version),
			"set chart.version and run `vapchart build`, or release "+in.Version)
	}
	if err := in.drift(s); err != nil {
		return err
	}
	if err := in.addWords(ctx, p, f); err != nil {
		return err
	}
	bundle, err := release.Build(in.Input)
	if err != nil {
		return err
	}
	if err := checkStatic(ctx, bundle, in.Input); err != nil {
		return err
	}
	if signer != nil {
		text, err := chart.Provenance(release.ChartFile(in.Chart, in.Version), in.Archive)
		if err != nil {
			return err
		}
		if err := release.Sign(bundle, in.Chart, in.Version, signer, text); err != nil {
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
func (f releaseFlags) signer(s Streams) (*sign.Signer, error) {
	if !f.sign {
		return nil, nil //nolint:nilnil // no signer is no error: releases may be unsigned
	}
	return f.signing.signer(s)
}

// checkStatic has the API server's own loader read the static flavour of every
// cluster.
func checkStatic(ctx context.Context, bundle tree.Tree, in release.Input) (err error) {
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
