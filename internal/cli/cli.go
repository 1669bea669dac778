// Package cli is the command line: verbs, flags, streams and exit codes. Each verb is
// a file that reads its flags, calls the package of the verb and hands its result to
// package report. Nothing else reads the clock or the environment.
//
// Errors are printed to the error stream, each hint once at the end. By their marks in
// package term they decide the exit code.
package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
)

// Streams is what Main gets from outside.
type Streams = term.Streams

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

func newRoot(s term.Streams) *cobra.Command {
	p := &project.Project{}
	root := &cobra.Command{
		Use:   "vapchart",
		Short: "Kyverno's CEL policies at a pinned version, as native admission policies in a Helm chart",
		Long: `vapchart takes Kyverno's CEL pod-security policies at a pinned version, turns
every rule into a native ValidatingAdmissionPolicy and writes one Helm chart
that binds them per namespace.

Exit codes: 0 done, 1 the tool failed, 2 usage, 3 findings.`,
		Version:       term.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return term.Usage(err) })
	root.PersistentFlags().StringVarP(&p.Dir, "project", "C", ".", "`folder` that holds vapchart.yaml")
	root.AddCommand(newVendor(s, p), newBuild(s, p), newCheck(s, p), newCoverage(s, p), newProbe(s, p), newValues(s, p), newCluster(s, p), newBump(s, p), newChainsaw(s, p), newImport(s, p),
		newRelease(s, p), newVerify(s), newVersion(s))
	addCompletion(root, p)
	return root
}

// noArgs refuses arguments that no verb takes; cobra's own message would count
// as a failure of the tool instead of usage.
func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return term.Usage(err)
	}
	return nil
}

// CacheDir is the folder of the user's caches that is vapchart's; empty where the
// user has none. What is in it can be made again.
func CacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "vapchart")
}
