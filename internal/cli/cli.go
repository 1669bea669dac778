// Package cli is the command line: verbs, flags, streams and exit codes. It is
// the only package that composes the others; each verb is one file that names
// its stages in order.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
)

// Streams is what a command gets from outside: the three standard streams, the clock
// and the environment. Results go to Out, everything else to Err.
type Streams struct {
	In    io.Reader
	Out   io.Writer
	Err   io.Writer
	Cache string                   // folder of what can be made again; empty for none
	Now   func() time.Time         // nil for the system's
	Env   func(name string) string // nil for the system's
}

// note tells something on the side. That it cannot be told is no failure.
func (s Streams) note(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Err, "note: "+format+"\n", args...)
}

// result writes a line of what the verb is for; there, a failure counts.
func (s Streams) result(format string, args ...any) error {
	_, err := fmt.Fprintf(s.Out, format+"\n", args...)
	return err
}

// Main runs one command line, without the program's name, and gives its exit
// code: 0 done, 1 the tool failed, 2 usage, 3 findings.
func Main(ctx context.Context, args []string, s Streams) int {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Env == nil {
		s.Env = os.Getenv
	}
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	explain(s.Err, err)
	return exitCode(err)
}

func newRoot(s Streams) *cobra.Command {
	p := &project{}
	root := &cobra.Command{
		Use:   "vapchart",
		Short: "Kyverno's CEL policies at a pinned version, as native admission policies in a Helm chart",
		Long: `vapchart takes Kyverno's CEL pod-security policies at a pinned version, turns
every rule into a native ValidatingAdmissionPolicy and writes one Helm chart
that binds them per namespace.

Exit codes: 0 done, 1 the tool failed, 2 usage, 3 findings.`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringVarP(&p.dir, "project", "C", ".", "`folder` that holds vapchart.yaml")
	root.AddCommand(newVendor(s, p), newBuild(s, p), newCheck(s, p), newCoverage(s, p), newProbe(s, p), newValues(s, p), newCluster(s, p), newBump(s, p), newChainsaw(s, p), newImport(s, p),
		newRelease(s, p), newVerify(s))
	return root
}

// noArgs refuses arguments that no verb takes; cobra's own message would count
// as a failure of the tool instead of usage.
func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usageError{err}
	}
	return nil
}

// version is the module's version as Go recorded it, "(devel)" in a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
