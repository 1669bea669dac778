package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// state is what is known of the one cluster that is left running. Whoever runs
// it holds the lock beside the file, so a state that nobody holds is an old one.
type state struct {
	Pid        int    `json:"pid"`
	Kubeconfig string `json:"kubeconfig"`
}

// Serve runs a cluster until the context is done or a process of it ends, and
// records its state meanwhile.
func Serve(ctx context.Context, module string, progress io.Writer) (err error) {
	file, lockFile, err := stateFiles()
	if err != nil {
		return err
	}
	unlock, err := claim(ctx, lockFile)
	if err != nil {
		return err
	}
	defer unlock()
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) { // of one that was killed
		return fmt.Errorf("record state: %w", err)
	}
	binaries, err := Build(ctx, module, progress)
	if err != nil {
		return err
	}
	c, err := Start(ctx, binaries)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file), c.Stop()) }()
	data, err := json.Marshal(state{Pid: os.Getpid(), Kubeconfig: c.Kubeconfig})
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return fmt.Errorf("record state: %w", err)
	}
	return c.Wait(ctx)
}

// claim takes the lock of the one cluster. Who only looks holds it for a moment,
// which is waited out.
func claim(ctx context.Context, lockFile string) (unlock func(), err error) {
	for range 20 {
		unlock, free, err := tryLock(lockFile)
		if err != nil || free {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil, errors.New("serve: a cluster is running already")
}

// Up leaves a cluster running, by the command that calls Serve, and gives its
// kubeconfig. If one is running, it is that. What the command says goes to a file
// in the cache, since it outlives this process.
func Up(ctx context.Context, serve *exec.Cmd) (kubeconfig string, err error) {
	s, running, err := standing()
	if err != nil || running {
		return s.Kubeconfig, err
	}
	file, _, err := stateFiles()
	if err != nil {
		return "", err
	}
	log, err := os.Create(file + ".log")
	if err != nil {
		return "", fmt.Errorf("start the cluster: %w", err)
	}
	defer log.Close() //nolint:errcheck // only the child writes to it
	serve.Stdout, serve.Stderr = log, log
	serve.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // it outlives the terminal
	if err := serve.Start(); err != nil {
		return "", fmt.Errorf("start the cluster: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()
	for {
		select {
		case err := <-ended:
			return "", fmt.Errorf("start the cluster: it ended: %w (see %s)", err, log.Name())
		case <-ctx.Done():
			return "", errors.Join(ctx.Err(), serve.Process.Signal(syscall.SIGTERM), <-ended)
		case <-time.After(100 * time.Millisecond):
		}
		if s, running, err := standing(); err != nil || running {
			return s.Kubeconfig, err
		}
	}
}

// Down ends the cluster that Up left running, and returns once it is gone;
// stopped is false if there was none.
func Down(ctx context.Context) (stopped bool, err error) {
	s, running, err := standing()
	if err != nil || !running {
		return false, err
	}
	if err := syscall.Kill(s.Pid, syscall.SIGTERM); err != nil {
		return false, fmt.Errorf("stop the cluster: process %d: %w", s.Pid, err)
	}
	_, lockFile, err := stateFiles()
	if err != nil {
		return false, err
	}
	for {
		unlock, gone, err := tryLock(lockFile)
		if err != nil {
			return false, err
		}
		if gone {
			unlock()
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("stop the cluster: process %d: %w", s.Pid, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// standing gives the cluster that is left running, once it is ready.
func standing() (s state, running bool, err error) {
	file, lockFile, err := stateFiles()
	if err != nil {
		return s, false, err
	}
	unlock, free, err := tryLock(lockFile)
	if err != nil || free {
		if free {
			unlock()
		}
		return s, false, err
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return s, false, nil // it is starting, or nearly gone
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, false, fmt.Errorf("read state: %w", err)
	}
	return s, true, nil
}

func stateFiles() (file, lockFile string, err error) {
	cache, err := CacheDir()
	if err != nil {
		return "", "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", "", fmt.Errorf("make cache: %w", err)
	}
	file = filepath.Join(cache, "running.json")
	return file, file + ".lock", nil
}

// Interrupted gives a context that ends with the signals by which people and
// machines stop a process.
func Interrupted() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}
