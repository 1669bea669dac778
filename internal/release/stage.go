package release

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/push"
	"github.com/vapchart/vapchart/internal/sign"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// folder is where bundles are written.
func (f Options) folder(p *project.Project) string {
	if f.Dist == "" {
		return p.Path(DistDir)
	}
	return f.Dist
}

// stagedRelease is a release that lies on the disk beside its places.
type stagedRelease struct {
	tree.Transaction
	archive, recordDir string
}

// stageRelease writes the archive and the record beside their places. A version
// that is recorded already may only be made again as it was.
func stageRelease(ctx context.Context, p *project.Project, f Options, facts Facts, bundle tree.Tree) (out *stagedRelease, err error) {
	name := Name(facts.Chart, facts.Version)
	out = &stagedRelease{archive: filepath.Join(f.folder(p), name+ArchiveExtension), recordDir: p.Path(ReleasesDir, facts.Version)}
	defer func() {
		if err != nil {
			err = policy.WithHint(errors.Join(err, out.Discard()), "nothing was released; run the same command again")
		}
	}()
	record := recordOf(bundle)
	there, err := tree.ReadIfThere(out.recordDir)
	if err != nil {
		return out, fmt.Errorf("read record: %w", err)
	}
	if err := sameRelease(facts.Version, there, record); err != nil {
		return out, err
	}
	data, err := Pack(name, bundle)
	if err != nil {
		return out, err
	}
	if err := out.File(out.archive, data); err != nil {
		return out, err
	}
	// A signature that is recorded stays: making a release again changes nothing.
	if len(there) == 0 || there[SignatureFile] == nil && record[SignatureFile] != nil {
		return out, out.Folder(ctx, out.recordDir, record)
	}
	return out, nil
}

// recordOf is the part of a bundle that is committed.
func recordOf(bundle tree.Tree) tree.Tree {
	out := tree.New()
	for _, name := range []string{RecordFile, SumsFile, SignatureFile} {
		if data, ok := bundle[name]; ok {
			out[name] = data
		}
	}
	return out
}

func sameRelease(version string, there, record tree.Tree) error {
	if len(there) == 0 {
		return nil
	}
	for _, name := range []string{RecordFile, SumsFile} {
		if !bytes.Equal(there[name], record[name]) {
			diff := tree.Diff(ReleasesDir+"/"+version+"/", tree.Tree{name: there[name]}, tree.Tree{name: record[name]})
			return policy.WithHint(fmt.Errorf("release %s: it is out already, and was something else:\n%s", version, diff),
				"a release is never changed: set another chart.version, or go back to the commit that it was made from")
		}
	}
	return nil
}

// commit puts both into place, or none: then what was there before is there again.
func (r *stagedRelease) commit() error {
	if err := r.Commit(); err != nil {
		return policy.WithHint(err, "nothing was released here; run the same command again")
	}
	return nil
}

// tell says what was released.
func (r *stagedRelease) tell(s term.Streams, bundle tree.Tree, signer *sign.Signer, pushed []push.Pushed) error {
	errs := []error{s.Result("bundle     %s, %d files", filepath.ToSlash(r.archive), len(bundle))}
	if signer == nil {
		errs = append(errs, s.Result("signature  none: nobody can tell who made it"))
	} else {
		errs = append(errs, s.Result("signature  by %s", signer.Who()))
	}
	for _, a := range pushed {
		how := "pushed     %s@%s"
		if a.There {
			how = "pushed     %s@%s, which was there already"
		}
		errs = append(errs, s.Result(how, a.Address, a.Digest))
	}
	return errors.Join(append(errs, s.Result("record     %s; commit it", filepath.ToSlash(r.recordDir)))...)
}

// pushRelease pushes overlays and chart, in this order: what people install comes
// last.
func pushRelease(ctx context.Context, s term.Streams, f Options, in assembled, bundle tree.Tree) ([]push.Pushed, error) {
	if f.Push == "" {
		return nil, nil
	}
	access := f.Access
	if access.Config == "" {
		access.Config = s.Getenv("HELM_REGISTRY_CONFIG")
	}
	if access.Config == "" {
		access.Config = chart.RegistryConfig()
	}
	metadata, err := chart.Metadata(in.Archive)
	if err != nil {
		return nil, err
	}
	overlays, err := Pack("", in.Overlays)
	if err != nil {
		return nil, err
	}
	digest, err := in.Overlays.Digest()
	if err != nil {
		return nil, fmt.Errorf("push overlays: %w", err)
	}
	return push.All(ctx, f.Push, access, []push.Artifact{
		push.Overlays(in.Chart+"-"+project.OverlaysDir, in.Version, in.Pin.Source, in.Version+"@"+digest, overlays),
		push.Chart(in.Chart, in.Version, metadata, in.Archive, bundle[ProvenanceFile(in.Chart, in.Version)]),
	})
}

// loadStatic has the API server's loader read the static flavour of a cluster from
// a folder of its own, and checks what comes out.
func loadStatic(ctx context.Context, bundle tree.Tree, dir, name string) error {
	folder := filepath.Join(dir, name)
	if err := bundle.Below(StaticDir+"/"+name).Write(ctx, folder); err != nil {
		return err
	}
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		return nil // nothing of this cluster can be static
	}
	objs, err := admission.LoadStatic(folder)
	if err != nil {
		return err
	}
	return cluster.Check(admission.NewChecker(), objs, []string{admission.Newest()})
}
