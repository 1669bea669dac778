package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/vapchart/vapchart/e2e/cluster"
)

// control is the control plane of all tests of this package, and kubectl the path
// of that of the same version; only TestMain sets them.
var (
	control *cluster.Cluster
	kubectl string
)

func TestMain(m *testing.M) {
	ctx, stop := cluster.Interrupted()
	code, err := withCluster(ctx, m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		code = 1
	}
	stop()
	os.Exit(code)
}

// withCluster runs the tests on a control plane, which is stopped when they are
// done and when somebody interrupts them. The logs of a failure are kept.
func withCluster(ctx context.Context, run func() int) (code int, err error) {
	binaries, err := cluster.Build(ctx, "controlplane", os.Stderr)
	if err != nil {
		return 1, err
	}
	kubectl = binaries.Kubectl()
	if control, err = cluster.Start(ctx, binaries); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, control.Stop()) }()
	done := make(chan int, 1)
	go func() { done <- run() }()
	select {
	case code = <-done:
	case <-ctx.Done():
		return 1, errors.New("interrupted")
	}
	if code != 0 {
		dir, err := control.KeepLogs()
		fmt.Fprintln(os.Stderr, "logs of the control plane:", dir)
		return code, err
	}
	return code, nil
}
