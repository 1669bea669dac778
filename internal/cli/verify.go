package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/release"
	"github.com/vapchart/vapchart/internal/term"
)

func newVerify(s term.Streams) *cobra.Command {
	var f release.VerifyOptions
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
				return term.Usage(err)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			// A variable of a script that is not set must not take a check away.
			var errs []error
			for _, name := range []string{"keyring", "record", "version"} {
				if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() == "" {
					errs = append(errs, term.Usage(fmt.Errorf("verify: --%s is empty", name)))
				}
			}
			if err := errors.Join(errs...); err != nil {
				return err
			}
			return release.Prove(cmd.Context(), s, args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.Keyring, "keyring", "", "`file` with the keys that may have signed it, as gpg --export writes it")
	cmd.Flags().StringVar(&f.Version, "version", "", "`version` that it has to be")
	cmd.Flags().StringVar(&f.Record, "record", "", "`folder` of the release's record, as "+release.ReleasesDir+"/<version> has it, that it has to agree with")
	return cmd
}
