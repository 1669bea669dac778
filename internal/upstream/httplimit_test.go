package upstream

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestBoundedSize(t *testing.T) {
	body := &boundedBody{ReadCloser: io.NopCloser(strings.NewReader("0123456789")), left: 4,
		timer: time.NewTimer(time.Hour), idle: time.Hour}
	data, err := io.ReadAll(body)
	if string(data) != "0123" || !errors.Is(err, errTooMuch) {
		t.Errorf("read %q and %v", data, err)
	}
}

func TestBoundedSilence(t *testing.T) {
	const idle = 200 * time.Millisecond
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" { // never silent for long
			for range 8 {
				_, _ = io.WriteString(w, "x")
				w.(http.Flusher).Flush()
				time.Sleep(idle / 4)
			}
			return
		}
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "x")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	}))
	defer srv.Close()
	pool := newTransport()
	defer pool.CloseIdleConnections()
	client := &http.Client{Transport: bounded{pool, idle}}
	get := func(path string) (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer func() { _ = resp.Body.Close() }()
		data, err := io.ReadAll(resp.Body)
		return string(data), err
	}
	if _, err := get("/header"); !errors.Is(err, errStalled) {
		t.Errorf("without a header: %v, want errStalled", err)
	}
	if data, err := get("/body"); data != "x" || !errors.Is(err, errStalled) {
		t.Errorf("in the body: %q and %v, want errStalled", data, err)
	}
	if data, err := get("/slow"); data != "xxxxxxxx" || err != nil {
		t.Errorf("slowly: %q and %v", data, err)
	}
}
