package upstream

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

func newTLSServer(t *testing.T) *httptest.Server {
	t.Helper()
	s, _, _ := newGitServer(t)
	srv := httptest.NewUnstartedServer(s)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // that the client hangs up is meant
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

func TestHTTPSUntrusted(t *testing.T) {
	srv := newTLSServer(t)
	_, err := Fetch(t.Context(), git(srv.URL+"/library.git", "main"), both(), Options{})
	wantError(t, err, "cannot be trusted", "SSL_CERT_FILE")
	var untrusted *tls.CertificateVerificationError
	if !errors.As(err, &untrusted) {
		t.Errorf("%v does not match a certificate error", err)
	}
}

// The certificates that a process trusts are read once, so a process of its own
// is told to trust the server's.
func TestHTTPS(t *testing.T) {
	const urlKey = "UPSTREAM_TEST_URL"
	if url := os.Getenv(urlKey); url != "" {
		wantPaths(t, mustFetch(t, git(url, "v2"), both(), Options{}).Tree, taken())
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("SSL_CERT_FILE is not read on this system")
	}
	srv := newTLSServer(t)
	trusted := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(trusted, block, 0o644); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHTTPS$", "-test.count=1")
	child.Env = append(os.Environ(), urlKey+"="+srv.URL+"/library.git", "SSL_CERT_FILE="+trusted)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
