package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/vapchart/vapchart/e2e/cluster"
)

// sideBySide is how many control planes there are at most. With three, a run on two
// cores kept them busy for 84 % of its time. `make e2e` runs as many tests at once.
const sideBySide = 3

// planes has the control planes of all tests of this package, and kubectl is the
// path of that of the same version; only TestMain sets them.
var (
	planes  *cluster.Pool
	kubectl string
)

func TestMain(m *testing.M) {
	ctx, stop := cluster.Interrupted()
	code, err := withPlanes(ctx, m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		code = 1
	}
	stop()
	os.Exit(code)
}

// withPlanes runs the tests, and stops the control planes when they are done and
// when somebody interrupts them. The logs of a failure are kept.
func withPlanes(ctx context.Context, run func() int) (code int, err error) {
	binaries, err := cluster.Build(ctx, "controlplane", os.Stderr)
	if err != nil {
		return 1, err
	}
	kubectl, planes = binaries.Kubectl(), cluster.NewPool(binaries, sideBySide)
	defer func() { err = errors.Join(err, planes.Stop()) }()
	done := make(chan int, 1)
	go func() { done <- run() }()
	select {
	case code = <-done:
	case <-ctx.Done():
		return 1, errors.New("interrupted")
	}
	if code != 0 {
		dirs, err := planes.KeepLogs()
		for _, dir := range dirs {
			fmt.Fprintln(os.Stderr, "logs of a control plane:", dir)
		}
		return code, err
	}
	return code, nil
}
