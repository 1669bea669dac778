package cli_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/term"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"vapchart": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			code := cli.Main(ctx, os.Args[1:], term.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Cache: os.Getenv("VAPCHART_TEST_CACHE")})
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
			"exits":    exits,
			"registry": registryOf,
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

// registryOf starts a registry on loopback and names it in $REGISTRY: `registry`,
// `registry down` for one that is not there, or `registry fail N` for one that
// refuses the request that writes for the Nth time.
func registryOf(ts *testscript.TestScript, neg bool, args []string) {
	failing := 0
	if len(args) == 2 && args[0] == "fail" {
		failing, _ = strconv.Atoi(args[1])
	}
	if neg || len(args) > 2 || len(args) == 2 && failing == 0 {
		ts.Fatalf("usage: registry [down | fail N]")
	}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	var writes atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && writes.Add(1) == int64(failing) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	if len(args) == 1 {
		server.Close()
	}
	ts.Setenv("REGISTRY", strings.TrimPrefix(server.URL, "http://"))
	ts.Setenv("DOCKER_CONFIG", ts.Getenv("WORK"))
}
