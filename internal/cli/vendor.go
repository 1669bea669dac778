package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/upstream"
	"github.com/vapchart/vapchart/locks"
	"github.com/vapchart/vapchart/policies"
)

// library is where a ref is looked up when vapchart.yaml names no repository.
const library = "https://github.com/kyverno/policies"

type vendorFlags struct {
	ref, source string
	check       bool
}

func newVendor(s Streams, p *project) *cobra.Command {
	var f vendorFlags
	cmd := &cobra.Command{
		Use:   "vendor",
		Short: "fetch the pinned policies into " + upstreamDir + "/ and write their lock",
		Long: `vendor fetches the policies that vapchart.yaml names into ` + upstreamDir + `/ and writes
` + lockFile + `, which proves them. With --ref or --source it takes these instead
and writes them into vapchart.yaml.

A version that has a lock in the tool (release-1.12, 1.13, 1.15, 1.16, 1.17) must
hold exactly what that lock says, whoever serves it.

Exit codes: 0 done, 1 failed, 2 usage, 3 with --check: tree and lock differ.`,
		Example: `  vapchart vendor
  vapchart vendor --ref release-1.17
  vapchart vendor --source ../policies --ref release-1.17
  vapchart vendor --check`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return vendor(cmd.Context(), s, p, f) },
	}
	cmd.Flags().StringVar(&f.ref, "ref", "", "`branch`, tag or commit to take")
	cmd.Flags().StringVar(&f.source, "source", "", "repository `URL`, folder, or \"builtin\" to take it from")
	cmd.Flags().BoolVar(&f.check, "check", false, "verify "+upstreamDir+"/ by the lock, fetch nothing")
	return cmd
}

func vendor(ctx context.Context, s Streams, p *project, f vendorFlags) error {
	plan, text, err := p.load()
	if err != nil {
		return err
	}
	if f.check {
		return checkVendored(s, p)
	}
	source, err := f.apply(p, plan.Upstream)
	if err != nil {
		return err
	}
	changed, err := withSource(p, text, plan.Upstream, source)
	if err != nil {
		return err
	}
	fetched, err := fetch(ctx, p, source, plan.Select)
	if err != nil {
		return err
	}
	if err := upstream.Write(ctx, p.path(upstreamDir), p.path(lockFile), fetched); err != nil {
		return err
	}
	if changed != nil {
		if err := tree.WriteFile(p.path(projectFile), changed); err != nil {
			return err
		}
		s.note("%s now names this source", projectFile)
	}
	for _, n := range fetched.Notes {
		s.note("%s", n)
	}
	taken, err := upstream.Policies(fetched.Tree, plan.Select)
	if err != nil {
		return err
	}
	return s.result("vendored   %d policies of %s into %s/", len(taken), fetched.Pin, upstreamDir)
}

// fetch takes a source with everything that the tool carries: its own library
// and the locks of the versions it was proven with.
func fetch(ctx context.Context, p *project, src config.Upstream, sel config.Select) (upstream.Fetched, error) {
	builtin, err := tree.FromFS(policies.FS)
	if err != nil {
		return upstream.Fetched{}, err
	}
	known, err := upstream.KnownLocks(locks.FS)
	if err != nil {
		return upstream.Fetched{}, err
	}
	return upstream.Fetch(ctx, src, sel, upstream.Options{BaseDir: p.dir, Builtin: builtin, Known: known})
}

func checkVendored(s Streams, p *project) error {
	_, lock, err := readVendored(p)
	if err != nil {
		return err
	}
	return s.result("verified   %d files of %s in %s/", len(lock.Files), lock.Pin(), upstreamDir)
}

// apply gives the source that the flags ask for. A ref alone keeps the present
// repository or folder; the built-in library has no refs, so there it means
// Kyverno's own repository.
func (f vendorFlags) apply(p *project, now config.Upstream) (config.Upstream, error) {
	out := now
	switch {
	case f.source == "builtin":
		out = config.Upstream{Builtin: &config.Builtin{}}
	case strings.Contains(f.source, "://"):
		out = config.Upstream{Git: &config.Git{URL: f.source}}
		if now.Git != nil {
			out.Git.Ref = now.Git.Ref
		}
	case f.source != "":
		out = config.Upstream{Directory: &config.Directory{Path: p.relative(f.source)}}
	case f.ref != "" && now.Builtin != nil:
		out = config.Upstream{Git: &config.Git{URL: library}}
	}
	if err := f.refusal(out); f.ref == "" || err != nil {
		return out, err
	}
	switch {
	case out.Git != nil:
		out.Git = &config.Git{URL: out.Git.URL, Ref: f.ref}
	case out.Directory != nil:
		out.Directory = &config.Directory{Path: out.Directory.Path, Ref: f.ref}
	default:
		return out, usageError{errors.New("vendor: the built-in library has no refs")}
	}
	return out, nil
}

func (f vendorFlags) refusal(out config.Upstream) error {
	if out.Git != nil && f.source != "" {
		if u, err := url.Parse(f.source); err == nil && u.User != nil {
			return usageError{errors.New("vendor: --source holds credentials, which would be written into " + projectFile +
				"; write the url there yourself if that is meant")}
		}
	}
	if out.Git != nil && out.Git.Ref == "" && f.ref == "" {
		return usageError{fmt.Errorf("vendor: %s needs --ref", f.source)}
	}
	return nil
}

// withSource gives the text of vapchart.yaml with another source in it, nil
// where the source stays the same.
func withSource(p *project, text []byte, now, next config.Upstream) ([]byte, error) {
	if now.String() == next.String() {
		return nil, nil
	}
	return config.SetUpstream(filepath.ToSlash(p.path(projectFile)), text, next)
}
