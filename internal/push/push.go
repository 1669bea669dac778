// Package push takes artifacts to an OCI registry. It and upstream are the only
// packages that talk to others than a cluster, and this is the only one that
// writes there.
package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"

	"github.com/vapchart/vapchart/internal/policy"
)

// Scheme begins the address of a registry, as Helm and Flux write it.
const Scheme = "oci://"

// Artifact is one thing to push.
type Artifact struct {
	Repository  string // last part of its address, below that of the release
	Version     string // its tag; a + in it becomes _, which is what Helm does
	Config      Blob
	Layers      []Blob
	Annotations map[string]string
}

// Blob is one piece of an artifact.
type Blob struct {
	MediaType string
	Data      []byte
}

// Pushed says where an artifact is.
type Pushed struct {
	Address string // oci://host/path:tag
	Digest  string // of its manifest
	There   bool   // it was there before, the same
}

// ready is an artifact on its way.
type ready struct {
	Artifact
	Pushed
	repo     *remote.Repository
	tag      string
	manifest []byte
	desc     ocispec.Descriptor
}

// All pushes artifacts below an address. Nobody sees any of them before all are
// there: content comes first, without a name, then the tags. A tag that is taken
// by something else is never moved. Where a tag fails, those that were set before
// it are taken back. The same call can be made again at any time.
func All(ctx context.Context, address string, access Access, artifacts []Artifact) ([]Pushed, error) {
	var all []*ready
	for _, a := range artifacts {
		r, err := prepare(address, access, a)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	for _, stage := range []func(context.Context, *ready) error{look, upload} {
		for _, r := range all {
			if err := stage(ctx, r); err != nil {
				return nil, fmt.Errorf("push %s: %w", r.Address, err)
			}
		}
	}
	var out []Pushed
	for i, r := range all {
		if !r.There {
			if err := r.repo.Tag(ctx, r.desc, r.tag); err != nil {
				return nil, takeBack(ctx, all[:i], fmt.Errorf("push %s: %w", r.Address, err))
			}
		}
		out = append(out, r.Pushed)
	}
	return out, nil
}

func prepare(address string, access Access, a Artifact) (*ready, error) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(address, "/"), Scheme)
	if !ok {
		return nil, policy.WithHint(fmt.Errorf("push to %q: it is no %s address", address, Scheme), "write it as for helm push: oci://host/path")
	}
	repo, err := remote.NewRepository(rest + "/" + a.Repository)
	if err != nil {
		return nil, policy.WithHint(fmt.Errorf("push to %q: %w", address, err), "write it as for helm push: oci://host/path")
	}
	if repo.Client, err = access.client(); err != nil {
		return nil, err
	}
	repo.PlainHTTP = access.PlainHTTP
	r := &ready{Artifact: a, repo: repo, tag: strings.ReplaceAll(a.Version, "+", "_")}
	m := ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
		Config: a.Config.describe(), Annotations: a.Annotations,
	}
	for _, l := range a.Layers {
		m.Layers = append(m.Layers, l.describe())
	}
	if r.manifest, err = json.Marshal(m); err != nil {
		return nil, fmt.Errorf("push %s: %w", a.Repository, err)
	}
	r.desc = Blob{m.MediaType, r.manifest}.describe()
	r.Address, r.Digest = fmt.Sprintf("%s%s/%s:%s", Scheme, rest, a.Repository, r.tag), r.desc.Digest.String()
	return r, nil
}

func (b Blob) describe() ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: b.MediaType, Digest: digest.FromBytes(b.Data), Size: int64(len(b.Data))}
}

// look finds out whether the tag is taken.
func look(ctx context.Context, r *ready) error {
	there, err := r.repo.Resolve(ctx, r.tag)
	switch {
	case errors.Is(err, errdef.ErrNotFound):
		return nil
	case err != nil:
		return policy.WithHint(err, "nothing was pushed; see that the registry is up and that `helm registry login` was done")
	case there.Digest != r.desc.Digest:
		return policy.WithHint(fmt.Errorf("the tag is taken by another artifact, %s", there.Digest),
			"a version that is out is never replaced: release under a new one; a signature made anew is another artifact too")
	}
	r.There = true
	return nil
}

// upload brings the content and the manifest there, by digest alone.
func upload(ctx context.Context, r *ready) error {
	if r.There {
		return nil
	}
	// The manifest comes last: a registry wants what it names to be there.
	for _, b := range slices.Concat([]Blob{r.Config}, r.Layers, []Blob{{r.desc.MediaType, r.manifest}}) {
		if err := send(ctx, r.repo, b); err != nil {
			return err
		}
	}
	return nil
}

func send(ctx context.Context, repo *remote.Repository, b Blob) error {
	desc := b.describe()
	there, err := repo.Exists(ctx, desc)
	if err == nil && !there {
		err = repo.Push(ctx, desc, bytes.NewReader(b.Data))
	}
	if err != nil && !errors.Is(err, errdef.ErrAlreadyExists) {
		return policy.WithHint(err, "no tag was set, so nobody sees a part of the release; run the same command again")
	}
	return nil
}

// takeBack removes what was tagged by this run, so that there is no half release.
// It says what could not be removed.
func takeBack(ctx context.Context, tagged []*ready, cause error) error {
	var left []string
	for _, r := range tagged {
		if r.There {
			continue
		}
		ctx := context.WithoutCancel(ctx)
		deleted := r.repo.Delete(ctx, r.desc)
		// Some registries keep the tag of what they deleted.
		if _, err := r.repo.Resolve(ctx, r.tag); deleted != nil || !errors.Is(err, errdef.ErrNotFound) {
			left = append(left, r.Address)
		}
	}
	if len(left) > 0 {
		return policy.WithHint(cause, "run the same command again to complete the release; without the rest there is now "+strings.Join(left, " "))
	}
	return policy.WithHint(cause, "what was tagged before it was taken back; run the same command again")
}
