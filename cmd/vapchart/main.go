// Command vapchart turns Kyverno's CEL policies at a pinned version into a Helm
// chart of native ValidatingAdmissionPolicies. Everything it does is in
// package cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/vapchart/vapchart/internal/cli"
)

func main() {
	// A run is short and its memory small: collecting less often halves its time.
	// Where it is not small, as with hundreds of clusters, more often is right.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(768 << 20)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Cache: cli.CacheDir()})
	stop()
	os.Exit(code)
}
