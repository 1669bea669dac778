package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	gitmemory "github.com/go-git/go-git/v5/storage/memory"

	"github.com/vapchart/vapchart/internal/policy"
)

// fetchHTTP takes one commit, without its history and without tags, into
// memory. It gives up as soon as ctx ends.
func fetchHTTP(ctx context.Context, r remote, ref string) (*commitTree, error) {
	const silence = 2 * time.Minute
	pool := newTransport()
	defer pool.CloseIdleConnections()
	request, cancel := context.WithCancel(ctx) // ends a reply that was not read to its end
	defer cancel()
	client := githttp.NewClient(&http.Client{Transport: bounded{pool, silence}})
	session, err := client.NewUploadPackSession(endpoint(r), credentials(r))
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	c, err := take(request, session, ref)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, explain(err)
	}
	return c, nil
}

// take asks which references there are, then for the one commit.
func take(ctx context.Context, session transport.UploadPackSession, ref string) (*commitTree, error) {
	adv, err := session.AdvertisedReferencesContext(ctx)
	if err != nil {
		return nil, err
	}
	want, err := wanted(adv, ref)
	if err != nil {
		return nil, err
	}
	req := packp.NewUploadPackRequestFromCapabilities(adv.Capabilities)
	req.Wants = []plumbing.Hash{want}
	req.Depth = packp.DepthCommits(1)
	for _, c := range []capability.Capability{capability.Shallow, capability.NoProgress} {
		if !adv.Capabilities.Supports(c) {
			continue
		}
		if err := req.Capabilities.Set(c); err != nil {
			return nil, err
		}
	}
	if !adv.Capabilities.Supports(capability.Shallow) {
		return nil, policy.WithHint(errors.New("the server cannot send one commit without its history"),
			"clone the repository yourself and name the clone by file://")
	}
	resp, err := session.UploadPack(ctx, req)
	if err != nil {
		return nil, err
	}
	store := gitmemory.NewStorage()
	err = packfile.UpdateObjectStorage(store, demux(req, resp))
	if err := errors.Join(err, resp.Close()); err != nil {
		return nil, err
	}
	return newCommitTree(store, want)
}

// wanted gives the object to ask for. A hash may be one that no reference
// points at, which a server gives only if it says so.
func wanted(adv *packp.AdvRefs, ref string) (plumbing.Hash, error) {
	if !isHash(ref) {
		return refs(adv.References).find(ref)
	}
	h := plumbing.NewHash(ref)
	for _, tip := range adv.References {
		if tip == h {
			return h, nil
		}
	}
	if adv.Capabilities.Supports(capability.AllowReachableSHA1InWant) ||
		adv.Capabilities.Supports(capability.AllowTipSHA1InWant) {
		return h, nil
	}
	return h, policy.WithHint(fmt.Errorf("no branch or tag is at commit %s, and the server gives no other", ref),
		"name the branch or tag that holds it, or clone the repository and name the clone by file://")
}

func demux(req *packp.UploadPackRequest, r io.Reader) io.Reader {
	switch {
	case req.Capabilities.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, r)
	case req.Capabilities.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, r)
	default:
		return r
	}
}

// endpoint leaves the credentials out, so that no error can quote them. The
// port stands apart from the host, or the client takes the server's own address
// for another one and withholds the credentials from it.
func endpoint(r remote) *transport.Endpoint {
	host := r.url.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	port, _ := strconv.Atoi(r.url.Port()) // digits or nothing, url.Parse saw to that; 0 is the scheme's own
	return &transport.Endpoint{Protocol: r.url.Scheme, Host: host, Port: port, Path: r.url.EscapedPath()}
}

func credentials(r remote) transport.AuthMethod {
	if r.user == nil {
		return nil
	}
	password, _ := r.user.Password()
	return &githttp.BasicAuth{Username: r.user.Username(), Password: password}
}
