package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// process is a running binary. It has a process group of its own, and its output
// goes to a file.
type process struct {
	name string
	pid  int
	done chan struct{} // closed once it has ended
	err  error         // how it ended; after done
}

// start runs a binary. On Linux it dies with this process, however that ends.
func start(dir string, binaries Binaries, name string, args ...string) (*process, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	// It is stopped by stop, kindly first, whatever becomes of a context.
	cmd := exec.CommandContext(context.Background(), filepath.Join(string(binaries), name), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = dir, log, log, attributes()
	// No setting of this machine counts. Collecting less often costs memory and saves time.
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GOGC=400", "GOMEMLIMIT=1GiB"}
	p := &process{name: name, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux ends the child with the thread that began it, so that one stays.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close() //nolint:errcheck // only the child writes to it
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

// stop ends the process and what it started: kindly, then by force.
func (p *process) stop() {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(-p.pid, signal); errors.Is(err, syscall.ESRCH) {
			return
		}
		select {
		case <-p.done:
			return
		case <-time.After(5 * time.Second):
		}
	}
	<-p.done
}
