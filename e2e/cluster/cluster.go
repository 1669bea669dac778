package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster is a running control plane.
type Cluster struct {
	// Config is that of an administrator (group system:masters), who may
	// impersonate everybody. Kubeconfig is the file that holds the same.
	Config     *rest.Config
	Kubeconfig string

	dir       string
	processes []*process // in the order of their start
	stop      sync.Once
}

// readyWithin bounds the start of one process. It takes some four seconds for all
// three on a quiet machine.
const readyWithin = 2 * time.Minute

// Start starts a control plane and waits until it is ready. If that fails,
// nothing is left running, and the error names the folder of the logs.
func Start(ctx context.Context, binaries Binaries) (*Cluster, error) {
	dir, err := os.MkdirTemp("", "vapchart-e2e-")
	if err != nil {
		return nil, fmt.Errorf("start the control plane: %w", err)
	}
	c := &Cluster{dir: dir, Kubeconfig: filepath.Join(dir, "kubeconfig")}
	if err := c.start(ctx, binaries); err != nil {
		kept, keepErr := c.KeepLogs()
		return nil, errors.Join(fmt.Errorf("start the control plane: %w (logs in %s)", err, kept), keepErr, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, binaries Binaries) error {
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	s := settings{dir: c.dir, etcd: ports[0], peer: ports[1], api: ports[2]}
	if err := s.writeFiles(); err != nil {
		return err
	}
	if c.Config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig); err != nil {
		return fmt.Errorf("read kubeconfig: %w", err)
	}
	// The tests ask thousands of questions; the server is theirs alone.
	c.Config.QPS, c.Config.Burst = -1, 0
	steps := []struct {
		name  string
		args  []string
		ready func(context.Context) error
	}{
		{"etcd", s.etcdArgs(), s.etcdHealthy},
		{"kube-apiserver", s.apiArgs(), c.ready},
		{"kube-controller-manager", s.managerArgs(), c.managed},
	}
	for _, step := range steps {
		p, err := start(c.dir, binaries, step.name, step.args...)
		if err != nil {
			return err
		}
		c.processes = append(c.processes, p)
		if err := p.await(ctx, step.ready); err != nil {
			return err
		}
	}
	return nil
}

// await asks until the process is ready, has ended, or time is up.
func (p *process) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("run %s: it ended: %w", p.name, p.err)
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", p.name, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Stop ends the processes, last first, and removes the folder. It may be called
// several times.
func (c *Cluster) Stop() error {
	var err error
	c.stop.Do(func() {
		for i := len(c.processes) - 1; i >= 0; i-- {
			c.processes[i].stop()
		}
		err = os.RemoveAll(c.dir)
	})
	return err
}

// Wait returns when one of the processes has ended, or the context is done; the
// error names the process.
func (c *Cluster) Wait(ctx context.Context) error {
	ended := make(chan *process, len(c.processes))
	for _, p := range c.processes {
		go func() {
			<-p.done
			ended <- p
		}()
	}
	select {
	case p := <-ended:
		return fmt.Errorf("run %s: it ended: %w", p.name, p.err)
	case <-ctx.Done():
		return nil
	}
}

// KeepLogs copies the logs into a folder that outlives the cluster, and gives
// its name.
func (c *Cluster) KeepLogs() (string, error) {
	dir, err := os.MkdirTemp("", "vapchart-e2e-logs-")
	if err != nil {
		return "", fmt.Errorf("keep logs: %w", err)
	}
	logs, err := filepath.Glob(filepath.Join(c.dir, "*.log"))
	for _, log := range logs {
		err = errors.Join(err, copyFile(log, filepath.Join(dir, filepath.Base(log))))
	}
	return dir, err
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("keep logs: %w", err)
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("keep logs: %w", err)
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// ready asks the API server itself.
func (c *Cluster) ready(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return err
	}
	_, err = client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	return err
}
