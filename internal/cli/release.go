package cli

import (
	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/release"
	"github.com/vapchart/vapchart/internal/term"
)

func newRelease(s term.Streams, p *project.Project) *cobra.Command {
	var f release.Options
	cmd := &cobra.Command{
		Use:   "release VERSION",
		Short: "make the bundle of a release, and its record",
		Long: `release packs everything of one version into ` + release.DistDir + `/<chart>-<version>` + release.ArchiveExtension + `:
the chart, the overlays and objects of every cluster, what they were made from,
bill of materials, provenance and checksums. It writes the record into
` + release.ReleasesDir + `/<version>, which is to be committed. The same project gives the same
bytes on any machine and at any time; so do signatures of RSA and Ed25519 keys
where SOURCE_DATE_EPOCH says which time they bear.

A release that fails leaves nothing behind.

Exit codes: 0 done, 1 failed, 2 usage, 3 what is in the project is not what
vapchart build makes.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(1)(cmd, args); err != nil {
				return term.Usage(err)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.Check(); err != nil {
				return term.Usage(err)
			}
			return release.Make(cmd.Context(), s, p, args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Dist, "dist", "", "write the bundle into `folder` (default dist in the project)")
	flags.StringVar(&f.Before, "before", "", "`bundle` of the release before, to tell which verdicts changed (default the one in the dist folder)")
	flags.BoolVar(&f.SkipUnsupported, "skip-unsupported", false, "leave out rules that cannot be native, as for build")
	flags.BoolVar(&f.Sign, "sign", false, "sign the chart and the checksums with an OpenPGP key")
	flags.StringVar(&f.Signing.Key, "key", "", "`name` of the key to sign with: a part of its user id, or its fingerprint")
	flags.StringVar(&f.Signing.Keyring, "keyring", "", "`file` with the secret key, as gpg --export-secret-keys writes it")
	flags.StringVar(&f.Signing.PassphraseFile, "passphrase-file", "", "`file` with the passphrase of the key, - for standard input")
	flags.StringVar(&f.Push, "push", "", "also push chart and overlays below `address`, such as oci://host/path")
	flags.StringVar(&f.Access.Config, "registry-config", "", "`file` with credentials, as helm registry login writes it (default Helm's)")
	flags.BoolVar(&f.Access.PlainHTTP, "plain-http", false, "reach the registry by plain HTTP")
	flags.BoolVar(&f.Access.Insecure, "insecure-skip-tls-verify", false, "do not check the registry's certificate")
	flags.StringVar(&f.Access.CAFile, "ca-file", "", "`file` with the certificates to check that of the registry by")
	flags.StringVar(&f.Access.CertFile, "cert-file", "", "`file` with a certificate of one's own for the registry")
	flags.StringVar(&f.Access.KeyFile, "key-file", "", "`file` with the key of that certificate")
	return cmd
}
