package upstream

import (
	"io"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
)

// TestGitHTTPBackend fetches from git's own server, where there is one.
func TestGitHTTPBackend(t *testing.T) {
	binary, err := exec.LookPath("git")
	if err != nil {
		t.Skip("there is no git here to serve a repository")
	}
	if err := exec.CommandContext(t.Context(), binary, "http-backend").Run(); err != nil && strings.Contains(err.Error(), "not found") {
		t.Skipf("git has no http-backend here: %v", err)
	}
	root := t.TempDir()
	dir := root + "/library.git"
	h := onDiskRepo(t, dir).fill()
	srv := httptest.NewServer(&cgi.Handler{
		Path: binary, Args: []string{"http-backend"}, Dir: root, Stderr: io.Discard,
		Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + root, "GIT_CONFIG_NOSYSTEM=1"},
	})
	defer srv.Close()
	url := srv.URL + "/library.git"
	for _, ref := range []string{"main", "v1", "v2", "v3", h.second.String()} {
		f := mustFetch(t, git(url, ref), both(), Options{})
		wantPaths(t, f.Tree, taken())
		if want := (policy.Pin{Source: srv.URL + "/library", Ref: ref, Commit: h.second.String()}); f.Pin != want {
			t.Errorf("pin %+v, want %+v", f.Pin, want)
		}
		r, err := parseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		c, err := fetchHTTP(t.Context(), r, ref)
		if err != nil {
			t.Fatal(err)
		}
		if n := commitsIn(t, c.objects); n != 1 {
			t.Errorf("%s brought %d commits, want 1", ref, n)
		}
	}
	_, err = Fetch(t.Context(), git(url, h.first.String()), both(), Options{})
	wantError(t, err, "no branch or tag is at commit")
	_, err = Fetch(t.Context(), git(url, "v9"), both(), Options{})
	wantError(t, err, `no branch or tag "v9" among 3 branches and 3 tags`, "near it: v1, v2, v3")
	_, err = Fetch(t.Context(), git(srv.URL+"/none", "main"), both(), Options{})
	wantError(t, err, "the server has no such repository")
}
