package upstream

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// newTransport gives up on a server that does not answer.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   30 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute,
		ForceAttemptHTTP2:     true,
	}
}

// errTooMuch says that a reply was cut off.
var errTooMuch = errors.New("the reply is larger than one commit of a policy library can be")

// bounded cuts replies off, since all of one is held in memory.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	const most, mostOfError = 512 << 20, 64 << 10
	resp, err := b.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	left := int64(most)
	if resp.StatusCode >= http.StatusBadRequest {
		left = mostOfError
	}
	resp.Body = &boundedBody{resp.Body, left}
	return resp, nil
}

type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooMuch
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
