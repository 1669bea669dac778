package upstream

import (
	"context"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
)

// openGit takes one commit of a repository: over HTTP into memory, or from
// where it lies on this machine.
func openGit(ctx context.Context, g project.Git) (opened, error) {
	r, err := parseURL(g.URL)
	if err != nil {
		return opened{}, err
	}
	var c *commitTree
	if r.url.Scheme == "file" {
		c, err = readLocal(ctx, filepath.FromSlash(r.url.Path), g.Ref)
	} else {
		c, err = fetchHTTP(ctx, r, g.Ref)
	}
	if err != nil {
		return opened{}, err
	}
	return opened{
		source:  c,
		pin:     policy.Pin{Source: r.name, Ref: g.Ref, Commit: c.commit.String()},
		foreign: true,
		close:   func() {},
	}, nil
}
