package upstream

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/storer"
	gitmemory "github.com/go-git/go-git/v5/storage/memory"
)

// gitServer serves a repository by git's smart HTTP protocol, version 0, and
// remembers what it was asked for and what it sent. It sends the history unless
// a depth of one is asked for.
type gitServer struct {
	t     *testing.T
	store *gitmemory.Storage
	caps  []capability.Capability

	mu      sync.Mutex
	asked   []*packp.UploadPackRequest
	commits int // sent, over all requests

	lacking   plumbing.ObjectType // a kind of object that is left out of what is sent
	breakDown func(w http.ResponseWriter, r *http.Request) bool
}

// usualCaps are those of git's own server without further settings.
func usualCaps() []capability.Capability {
	return []capability.Capability{capability.OFSDelta, capability.Sideband64k, capability.Shallow,
		capability.NoProgress, capability.ThinPack, capability.MultiACK}
}

func newGitServer(t *testing.T) (*gitServer, history, string) {
	t.Helper()
	r, store := inMemoryRepo(t)
	s := &gitServer{t: t, store: store, caps: usualCaps()}
	h := r.fill()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return s, h, srv.URL + "/library.git"
}

func (s *gitServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.breakDown != nil && s.breakDown(w, r) {
		return
	}
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/library.git/info/refs" && r.URL.Query().Get("service") == "git-upload-pack":
		s.advertise(w)
	case r.Method == http.MethodPost && r.URL.Path == "/library.git/git-upload-pack":
		s.upload(w, r.Body)
	default:
		http.NotFound(w, r)
	}
}

// served gives the requests for objects and the count of commits sent so far.
func (s *gitServer) served() (asked []*packp.UploadPackRequest, commits int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked, s.commits
}

func (s *gitServer) check(err error) {
	if err != nil {
		s.t.Errorf("server: %v", err)
	}
}

func (s *gitServer) advertise(w http.ResponseWriter) {
	adv := packp.NewAdvRefs()
	adv.Prefix = [][]byte{[]byte("# service=git-upload-pack"), pktline.Flush}
	for _, c := range s.caps {
		s.check(adv.Capabilities.Set(c))
	}
	iter, err := s.store.IterReferences()
	s.check(err)
	s.check(iter.ForEach(func(r *plumbing.Reference) error {
		if tag, err := object.GetTag(s.store, r.Hash()); err == nil {
			adv.Peeled[r.Name().String()] = tag.Target
		}
		return adv.AddReference(r)
	}))
	w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
	s.check(adv.Encode(w))
}

func (s *gitServer) upload(w http.ResponseWriter, body io.Reader) {
	req := packp.NewUploadPackRequest()
	s.check(req.Decode(body))
	s.asked = append(s.asked, req)
	w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
	var send []plumbing.Hash
	var shallows []plumbing.Hash
	seen := map[plumbing.Hash]bool{}
	for _, want := range req.Wants {
		if s.store.HasEncodedObject(want) != nil {
			s.check((&pktline.ErrorLine{Text: "upload-pack: not our ref " + want.String()}).Encode(w))
			return
		}
		shallows = append(shallows, s.collect(want, req.Depth == packp.DepthCommits(1), seen, &send)...)
	}
	if !req.Depth.IsZero() {
		s.check((&packp.ShallowUpdate{Shallows: shallows}).Encode(w))
	}
	s.check((&packp.ServerResponse{}).Encode(w, false))
	mux := io.Writer(w)
	if req.Capabilities.Supports(capability.Sideband64k) {
		mux = sideband.NewMuxer(sideband.Sideband64k, w)
	}
	_, err := packfile.NewEncoder(mux, s.store, false).Encode(send, 10)
	s.check(err)
	if mux != io.Writer(w) {
		s.check(pktline.NewEncoder(w).Flush())
	}
}

// collect adds an object and all that it leads to, and gives the commits whose
// parents were left out.
func (s *gitServer) collect(h plumbing.Hash, shallow bool, seen map[plumbing.Hash]bool, send *[]plumbing.Hash) (cut []plumbing.Hash) {
	if seen[h] {
		return nil
	}
	seen[h] = true
	o, err := s.store.EncodedObject(plumbing.AnyObject, h)
	s.check(err)
	if o.Type() != s.lacking {
		*send = append(*send, h)
	}
	switch o.Type() {
	case plumbing.TagObject:
		tag, err := object.DecodeTag(s.store, o)
		s.check(err)
		return s.collect(tag.Target, shallow, seen, send)
	case plumbing.CommitObject:
		s.commits++
		c, err := object.DecodeCommit(s.store, o)
		s.check(err)
		s.collect(c.TreeHash, shallow, seen, send)
		if shallow && len(c.ParentHashes) > 0 {
			return []plumbing.Hash{h}
		}
		for _, p := range c.ParentHashes {
			s.collect(p, shallow, seen, send)
		}
	case plumbing.TreeObject:
		s.collectTree(o, seen, send)
	}
	return nil
}

func (s *gitServer) collectTree(o plumbing.EncodedObject, seen map[plumbing.Hash]bool, send *[]plumbing.Hash) {
	t, err := object.DecodeTree(s.store, o)
	s.check(err)
	for _, e := range t.Entries {
		if e.Mode.IsFile() || e.Mode == filemode.Dir {
			s.collect(e.Hash, true, seen, send)
		}
	}
}

// commitsIn counts the commits that a fetch brought into memory.
func commitsIn(t *testing.T, objects storer.EncodedObjectStorer) int {
	t.Helper()
	iter, err := objects.IterEncodedObjects(plumbing.CommitObject)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := iter.ForEach(func(plumbing.EncodedObject) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// hostOf gives the part of a URL between scheme and path.
func hostOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}
