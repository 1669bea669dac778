package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// Why a reply was cut off.
var (
	errTooMuch = errors.New("the reply is larger than one commit of a policy library can be")
	errStalled = errors.New("the server stopped sending")
)

func newTransport() *http.Transport {
	const patience = 30 * time.Second
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: patience}).DialContext,
		TLSHandshakeTimeout: patience,
		ForceAttemptHTTP2:   true,
	}
}

// bounded cuts off replies that are too large, since all of one is held in
// memory, and those that stop coming, since nobody may be there to interrupt.
type bounded struct {
	next http.RoundTripper
	idle time.Duration // the longest silence
}

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	const most, mostOfError = 512 << 20, 64 << 10
	ctx, cancel := context.WithCancelCause(req.Context())
	body := &boundedBody{cancel: cancel, idle: b.idle, left: most}
	// The client gives the cause of a cancellation as the error of its reads.
	body.timer = time.AfterFunc(b.idle, func() { cancel(errStalled) })
	resp, err := b.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		body.stop()
		return nil, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		body.left = mostOfError
	}
	body.ReadCloser, resp.Body = resp.Body, body
	return resp, nil
}

// boundedBody is the body of a bounded reply.
type boundedBody struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
	timer  *time.Timer
	idle   time.Duration
	left   int64 // bytes
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooMuch
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.timer.Reset(b.idle)
	return n, err
}

func (b *boundedBody) Close() error {
	b.stop()
	return b.ReadCloser.Close()
}

func (b *boundedBody) stop() {
	b.timer.Stop()
	b.cancel(nil)
}
