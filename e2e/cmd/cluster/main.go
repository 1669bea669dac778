// Command cluster leaves a control plane running for a person, and ends it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/vapchart/vapchart/e2e/cluster"
)

// module is the control plane's, seen from the folder of the tests.
const module = "controlplane"

func main() {
	ctx, stop := cluster.Interrupted()
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("want one argument: up or down")
	}
	switch args[0] {
	case "up":
		return up(ctx)
	case "down":
		stopped, err := cluster.Down(ctx)
		if err == nil && !stopped {
			fmt.Fprintln(os.Stderr, "no cluster is running")
		}
		return err
	case "serve": // what up leaves running
		return cluster.Serve(ctx, module, os.Stderr)
	default:
		return fmt.Errorf("unknown argument %q, want up or down", args[0])
	}
}

// up builds before anything is left running, so that who waits can also stop.
func up(ctx context.Context) error {
	if _, err := cluster.Build(ctx, module, os.Stderr); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	kubeconfig, err := cluster.Up(ctx, exec.CommandContext(context.WithoutCancel(ctx), self, "serve"))
	if err != nil {
		return err
	}
	fmt.Printf("export KUBECONFIG=%s\n", kubeconfig)
	return nil
}
