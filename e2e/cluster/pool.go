package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Pool owns the control planes of tests that run side by side. Each test takes one
// and has it alone, since policies count for all namespaces. Make it with NewPool.
type Pool struct {
	binaries Binaries
	free     chan *Cluster // started, and nobody has it
	room     chan struct{} // one for each that may still be started

	mutex   sync.Mutex // of the rest; it is held while one starts
	started []*Cluster
	stopped bool
}

// NewPool returns a pool that starts as many control planes as are wanted at once,
// and no more than most.
func NewPool(binaries Binaries, most int) *Pool {
	p := &Pool{binaries: binaries, free: make(chan *Cluster, most), room: make(chan struct{}, most)}
	for range most {
		p.room <- struct{}{}
	}
	return p
}

// Take returns a control plane that the caller has alone until Put. It waits until
// one is free where the pool may start no more. It is an error if a start fails or
// the pool is stopped.
func (p *Pool) Take(ctx context.Context) (*Cluster, error) {
	select {
	case c := <-p.free:
		return c, nil
	default:
	}
	select {
	case c := <-p.free:
		return c, nil
	case <-p.room:
		return p.start(ctx)
	case <-ctx.Done():
		return nil, fmt.Errorf("take a control plane: %w", ctx.Err())
	}
}

// Put gives back what Take returned. Nothing of it is cleaned.
func (p *Pool) Put(c *Cluster) { p.free <- c }

func (p *Pool) start(ctx context.Context) (*Cluster, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.stopped {
		return nil, errors.New("take a control plane: the pool is stopped")
	}
	c, err := Start(ctx, p.binaries)
	if err != nil {
		p.room <- struct{}{}
		return nil, err
	}
	p.started = append(p.started, c)
	return c, nil
}

// Stop stops all control planes, whoever has them, and starts no more.
func (p *Pool) Stop() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.stopped = true
	var stops sync.WaitGroup
	errs := make([]error, len(p.started))
	for i, c := range p.started {
		stops.Go(func() { errs[i] = c.Stop() })
	}
	stops.Wait()
	return errors.Join(errs...)
}

// KeepLogs copies the logs of each control plane into a folder of its own that
// outlives it, and returns the names of these.
func (p *Pool) KeepLogs() ([]string, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var dirs []string
	var errs []error
	for _, c := range p.started {
		dir, err := c.KeepLogs()
		dirs, errs = append(dirs, dir), append(errs, err)
	}
	return dirs, errors.Join(errs...)
}
