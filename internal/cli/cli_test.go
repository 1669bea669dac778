package cli_test

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/vapchart/vapchart/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"vapchart": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			code := cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
			stop()
			os.Exit(code)
		},
	})
}

// TestScripts runs the scripts of testdata: what the command prints and leaves,
// as a person would see it. A script that begins with `[!library] skip` needs
// the real upstream library beside the repository.
func TestScripts(t *testing.T) {
	library, err := filepath.Abs("../../../shared/upstream/kyverno-policies")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("LIBRARY", library)
			env.Setenv("GOGC", os.Getenv("GOGC"))
			root, err := filepath.Abs("../..")
			env.Setenv("ROOT", root)
			return err
		},
		Condition: func(cond string) (bool, error) {
			if cond == "library" {
				_, err := os.Stat(library)
				return err == nil, nil
			}
			return false, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
		},
	})
}

// exits runs vapchart and asserts its exit code: `exits 3 build --check`.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARG...")
	}
	err := ts.Exec("vapchart", args[1:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("vapchart %s: exit code %s, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}
