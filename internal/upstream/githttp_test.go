package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"

	"github.com/vapchart/vapchart/internal/policy"
)

func TestHTTPFetchesOneCommit(t *testing.T) {
	_, h, _ := newGitServer(t)
	for _, ref := range []string{"main", "v1", "v2", "v3", "refs/heads/main", h.second.String(), h.tag.String()} {
		t.Run(ref, func(t *testing.T) {
			s, h, url := newGitServer(t)
			f := mustFetch(t, git(url, ref), both(), Options{})
			wantPaths(t, f.Tree, taken())
			want := policy.Pin{Source: strings.TrimSuffix(url, ".git"), Ref: ref, Commit: h.second.String()}
			if f.Pin != want {
				t.Errorf("pin %+v, want %+v", f.Pin, want)
			}
			asked, commits := s.served()
			if len(asked) != 1 || len(asked[0].Wants) != 1 || asked[0].Depth != packp.DepthCommits(1) {
				t.Errorf("asked %d times, want one request for one object at depth 1", len(asked))
			}
			if commits != 1 {
				t.Errorf("the server sent %d commits, want 1", commits)
			}
		})
	}
}

func TestHTTPServerSettings(t *testing.T) {
	for name, caps := range map[string][]capability.Capability{
		"no sideband": {capability.Shallow},
		"sideband":    {capability.Shallow, capability.Sideband64k},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, url := newGitServer(t)
			s.caps = caps
			wantPaths(t, mustFetch(t, git(url, "main"), both(), Options{}).Tree, taken())
		})
	}
	s, _, url := newGitServer(t)
	s.caps = []capability.Capability{capability.Sideband64k}
	_, err := Fetch(t.Context(), git(url, "main"), both(), Options{})
	wantError(t, err, "one commit without its history", "file://")
	if _, commits := s.served(); commits != 0 {
		t.Error("the history was fetched")
	}
}

func TestHTTPByHash(t *testing.T) {
	s, h, url := newGitServer(t)
	// No reference points at the first commit.
	_, err := Fetch(t.Context(), git(url, h.first.String()), both(), Options{})
	wantError(t, err, "no branch or tag is at commit "+h.first.String(), "name the branch or tag that holds it")
	if asked, _ := s.served(); len(asked) != 0 {
		t.Error("the server was asked for what it does not give")
	}
	s.caps = append(usualCaps(), capability.AllowReachableSHA1InWant)
	r := repo{t, s.store}
	hidden := r.commit(r.files(library()), h.first)
	f := mustFetch(t, git(url, hidden.String()), both(), Options{})
	if _, commits := s.served(); f.Pin.Commit != hidden.String() || commits != 1 {
		t.Errorf("pin %+v after %d commits", f.Pin, commits)
	}
	_, err = Fetch(t.Context(), git(url, strings.Repeat("ab", 20)), both(), Options{})
	wantError(t, err, "the server does not give this commit", "name the branch or tag")
}

func TestHTTPUnknownRef(t *testing.T) {
	_, _, url := newGitServer(t)
	_, err := Fetch(t.Context(), git(url, "mian"), both(), Options{})
	wantError(t, err, "fetch "+strings.TrimSuffix(url, ".git")+`: no branch or tag "mian" among 3 branches and 3 tags`, "near it: main")
}

func TestHTTPCredentials(t *testing.T) {
	s, _, url := newGitServer(t)
	s.breakDown = func(w http.ResponseWriter, r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		if user == "robot" && password == "s3cret/%" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	as := func(user string) string { return strings.Replace(url, "://", "://"+user+"@", 1) }
	f := mustFetch(t, git(as("robot:s3cret%2F%25"), "main"), both(), Options{})
	l, err := NewLock(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	all := string(text) + strings.Join(f.Notes, "\n") + f.Pin.Source
	if strings.Contains(all, "s3cret") || strings.Contains(all, "robot") {
		t.Errorf("credentials in the lock or the notes:\n%s", all)
	}
	for _, user := range []string{"robot:wrong-s3cret", "s3cret-token"} {
		_, err = Fetch(t.Context(), git(as(user), "main"), both(), Options{})
		wantError(t, err, "the server refuses access", "private")
		wantNoSecret(t, err)
	}
	_, err = Fetch(t.Context(), git(as("robot:s3cret%2F%25"), "none"), both(), Options{})
	wantError(t, err, "no branch or tag")
	wantNoSecret(t, err)
	_, err = Fetch(t.Context(), git("http://robot:s3cret@"+closedPort(t)+"/x", "main"), both(), Options{})
	wantNoSecret(t, err)
}

func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	if text := fmt.Sprintf("%v %s", err, policy.HintOf(err)); strings.Contains(text, "s3cret") || strings.Contains(text, "robot") {
		t.Errorf("credentials in an error: %s", text)
	}
}

// closedPort gives a loopback address that nobody listens at.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestHTTPBadReplies(t *testing.T) {
	page := "<html>\n<body>Please log in \x1b[31m</body></html>"
	onPost := func(f func(w http.ResponseWriter)) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost {
				f(w)
			}
			return r.Method == http.MethodPost
		}
	}
	always := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	tests := []struct {
		name      string
		breakDown func(http.ResponseWriter, *http.Request) bool
		words     []string
	}{
		{"not found", always(404, page), []string{"no such repository", "check the url"}},
		{"forbidden", always(403, page), []string{"refuses access"}},
		{"server error", always(503, page), []string{"HTTP status 503", "try again"}},
		{"a web page", always(200, page), []string{"reply cannot be used", "check that the url"}},
		{"nothing", always(200, ""), []string{"reply cannot be used"}},
		{"a list of files", always(200, strings.Repeat("a", 40)+"\trefs/heads/main\n"), []string{"reply cannot be used"}},
		{"an empty repository", always(200, "001e# service=git-upload-pack\n00000000"), []string{"the repository is empty"}},
		{"an error line", always(200, "001e# service=git-upload-pack\n00000014ERR go away now\n"), []string{"the server says: go away now"}},
		{"a web page for a pack", onPost(func(w http.ResponseWriter) { _, _ = io.WriteString(w, page) }), []string{"reply cannot be used"}},
		{"nothing for a pack", onPost(func(http.ResponseWriter) {}), []string{"reply cannot be used"}},
		{"a pack of rubbish", onPost(func(w http.ResponseWriter) { _, _ = io.WriteString(w, "00000008NAK\n0009\x01PACK") }), []string{"reply cannot be used"}},
		{"an error in the band", onPost(func(w http.ResponseWriter) { _, _ = io.WriteString(w, "00000008NAK\n000b\x03no disk0000") }), []string{"no di"}},
		{"gone at once", func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, []string{"the request failed", "HTTPS_PROXY"}},
		{"gone at the pack", onPost(func(http.ResponseWriter) { panic(http.ErrAbortHandler) }), []string{"the request failed"}},
		{"gone in the pack", onPost(func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "00000008NAK\n0100\x01PACK")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}), []string{"reply cannot be used"}},
		{"redirected to a page", func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/login" {
				return always(200, page)(w, r)
			}
			http.Redirect(w, r, "/login", http.StatusFound)
			return true
		}, []string{"http redirect"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _, url := newGitServer(t)
			s.breakDown = tt.breakDown
			_, err := Fetch(t.Context(), git(url, "main"), both(), Options{})
			wantError(t, err, append(tt.words, "fetch http://"+hostOf(url)+"/library: ")...)
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("the error passes on what the server sent: %q", err)
			}
		})
	}
}

func TestHTTPPackWithoutWhatWasAskedFor(t *testing.T) {
	for _, lacking := range []plumbing.ObjectType{plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject} {
		s, _, url := newGitServer(t)
		s.lacking = lacking
		_, err := Fetch(t.Context(), git(url, "main"), both(), Options{})
		wantError(t, err, "does not hold the object")
	}
}

func TestHTTPRedirect(t *testing.T) {
	s, _, url := newGitServer(t)
	moved := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.TrimSuffix(url, "/library.git")+strings.Replace(r.URL.String(), "/old", "/library.git", 1), http.StatusMovedPermanently)
	}))
	defer moved.Close()
	f := mustFetch(t, git(moved.URL+"/old", "main"), both(), Options{})
	if _, commits := s.served(); f.Pin.Source != moved.URL+"/old" || commits != 1 {
		t.Errorf("source %s after %d commits", f.Pin.Source, commits)
	}
}

func TestHTTPConnectionRefused(t *testing.T) {
	_, err := Fetch(t.Context(), git("http://"+closedPort(t)+"/library", "main"), both(), Options{})
	wantError(t, err, "connection refused", "check the network and HTTPS_PROXY")
}

func TestHTTPCancelledWhileItStalls(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodPost, "in the pack"} {
		t.Run(method, func(t *testing.T) {
			s, _, url := newGitServer(t)
			ctx, cancel := context.WithCancel(t.Context())
			s.breakDown = func(w http.ResponseWriter, r *http.Request) bool {
				_, _ = io.Copy(io.Discard, r.Body) // else the server does not see the client leave
				if method == "in the pack" && r.Method == http.MethodPost {
					_, _ = io.WriteString(w, "00000008NAK\n0100\x01PACK")
					w.(http.Flusher).Flush()
					time.Sleep(50 * time.Millisecond) // the client is to be in the middle of it
				} else if r.Method != method {
					return false
				}
				cancel()
				<-r.Context().Done()
				return true
			}
			start := time.Now()
			_, err := Fetch(ctx, git(url, "main"), both(), Options{})
			if !errors.Is(err, context.Canceled) || time.Since(start) > 5*time.Second {
				t.Errorf("%v after %s", err, time.Since(start))
			}
		})
	}
}
