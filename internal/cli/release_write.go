package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/push"
	"github.com/vapchart/vapchart/internal/release"
	"github.com/vapchart/vapchart/internal/sign"
	"github.com/vapchart/vapchart/internal/tree"
)

// folder is where bundles are written.
func (f releaseFlags) folder(p *project) string {
	if f.dist == "" {
		return p.path(distDir)
	}
	return f.dist
}

// stagedRelease is a release that lies on the disk beside its places.
type stagedRelease struct {
	archive, temporary string   // temporary becomes archive
	former             string   // another name of the archive that was there; empty for none
	made               []string // folders that the archive needed, outermost first
	record             *tree.Staged
	recordDir          string
}

// stageRelease writes the archive and the record beside their places. A version
// that is recorded already may only be made again as it was.
func stageRelease(ctx context.Context, p *project, f releaseFlags, facts release.Facts, bundle tree.Tree) (out *stagedRelease, err error) {
	out = &stagedRelease{recordDir: p.path(releasesDir, facts.Version)}
	defer func() {
		if err != nil {
			err = policy.WithHint(errors.Join(err, out.discard()), "nothing was released; run the same command again")
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
	data, err := release.Pack(release.Name(facts.Chart, facts.Version), bundle)
	if err != nil {
		return out, err
	}
	if err := out.stageArchive(f.folder(p), release.Name(facts.Chart, facts.Version)+release.ArchiveExtension, data); err != nil {
		return out, err
	}
	// A signature that is recorded stays, so that making a release again changes
	// nothing.
	if len(there) == 0 || there[release.SignatureFile] == nil && record[release.SignatureFile] != nil {
		staged, err := record.Stage(ctx, out.recordDir)
		if err != nil {
			return out, err
		}
		out.record = &staged
	}
	return out, nil
}

// recordOf is the part of a bundle that is committed.
func recordOf(bundle tree.Tree) tree.Tree {
	out := tree.New()
	for _, name := range []string{release.RecordFile, release.SumsFile, release.SignatureFile} {
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
	for _, name := range []string{release.RecordFile, release.SumsFile} {
		if !bytes.Equal(there[name], record[name]) {
			diff := tree.Diff(releasesDir+"/"+version+"/", tree.Tree{name: there[name]}, tree.Tree{name: record[name]})
			return policy.WithHint(fmt.Errorf("release %s: it is out already, and was something else:\n%s", version, diff),
				"a release is never changed: set another chart.version, or go back to the commit that it was made from")
		}
	}
	return nil
}

func (r *stagedRelease) stageArchive(dir, name string, data []byte) error {
	var err error
	if r.made, err = tree.MakeFolders(dir); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	r.archive = filepath.Join(dir, name)
	f, err := os.CreateTemp(dir, "."+name+".tmp-")
	if err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	r.temporary = f.Name()
	_, werr := f.Write(data)
	if err := errors.Join(werr, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	return nil
}

// commit puts both into place, or none: then what was there before is there again.
func (r *stagedRelease) commit() error {
	if err := r.setAside(); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	err := os.Rename(r.temporary, r.archive)
	if err != nil {
		err = fmt.Errorf("write bundle: %w", err)
	} else {
		r.temporary = ""
	}
	if err == nil && r.record != nil {
		err = r.record.Commit()
	}
	if err != nil {
		return policy.WithHint(errors.Join(err, r.putBack()), "nothing was released here; run the same command again")
	}
	return nil
}

// setAside keeps an archive that is there under a second name. It is moved there
// only where the file system knows no links, since it is missing until commit is done.
func (r *stagedRelease) setAside() error {
	if info, err := os.Lstat(r.archive); err != nil || info.IsDir() {
		return nil //nolint:nilerr // there is none, or the rename tells what is wrong
	}
	r.former = r.temporary + ".former"
	if os.Link(r.archive, r.former) == nil {
		return nil
	}
	err := os.Rename(r.archive, r.former)
	if err != nil {
		r.former = ""
	}
	return err
}

// putBack leaves the archive's place as it was before commit.
func (r *stagedRelease) putBack() error {
	if r.former == "" {
		if r.temporary != "" {
			return nil // it never got there
		}
		return os.Remove(r.archive)
	}
	// Of two links to one file this removes none; discard does.
	err := os.Rename(r.former, r.archive)
	if err != nil {
		r.former = "" // the error names it, and it may be the only one
	}
	return err
}

// discard removes what was not put into place, and the folders that this run made
// if nothing is in them.
func (r *stagedRelease) discard() error {
	var errs []error
	if r.temporary != "" {
		errs = append(errs, os.Remove(r.temporary))
	}
	if r.former != "" {
		if err := os.Remove(r.former); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if r.record != nil {
		errs = append(errs, r.record.Discard())
	}
	for _, dir := range slices.Backward(r.made) {
		_ = os.Remove(dir) // refused where it holds something
	}
	return errors.Join(errs...)
}

// tell says what was released.
func (r *stagedRelease) tell(s Streams, bundle tree.Tree, signer *sign.Signer, pushed []push.Pushed) error {
	errs := []error{s.result("bundle     %s, %d files", filepath.ToSlash(r.archive), len(bundle))}
	if signer == nil {
		errs = append(errs, s.result("signature  none: nobody can tell who made it"))
	} else {
		errs = append(errs, s.result("signature  by %s", signer.Who()))
	}
	for _, a := range pushed {
		how := "pushed     %s@%s"
		if a.There {
			how = "pushed     %s@%s, which was there already"
		}
		errs = append(errs, s.result(how, a.Address, a.Digest))
	}
	return errors.Join(append(errs, s.result("record     %s; commit it", filepath.ToSlash(r.recordDir)))...)
}

// pushRelease pushes overlays and chart, in this order: what people install comes
// last.
func pushRelease(ctx context.Context, f releaseFlags, in assembled, bundle tree.Tree) ([]push.Pushed, error) {
	if f.push == "" {
		return nil, nil
	}
	access := f.access
	if access.Config == "" {
		access.Config = os.Getenv("HELM_REGISTRY_CONFIG")
	}
	if access.Config == "" {
		access.Config = chart.RegistryConfig()
	}
	metadata, err := chart.Metadata(in.Archive)
	if err != nil {
		return nil, err
	}
	overlays, err := release.Pack("", in.Overlays)
	if err != nil {
		return nil, err
	}
	digest, err := in.Overlays.Digest()
	if err != nil {
		return nil, fmt.Errorf("push overlays: %w", err)
	}
	return push.All(ctx, f.push, access, []push.Artifact{
		push.Overlays(in.Chart+"-"+overlaysDir, in.Version, in.Pin.Source, in.Version+"@"+digest, overlays),
		push.Chart(in.Chart, in.Version, metadata, in.Archive, bundle[release.ProvenanceFile(in.Chart, in.Version)]),
	})
}

// loadStatic has the API server's loader read the static flavour of a cluster from
// a folder of its own, and checks what comes out.
func loadStatic(ctx context.Context, bundle tree.Tree, dir, cluster string) error {
	folder := filepath.Join(dir, cluster)
	if err := bundle.Below(release.StaticDir+"/"+cluster).Write(ctx, folder); err != nil {
		return err
	}
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		return nil // nothing of this cluster can be static
	}
	objs, err := admission.LoadStatic(folder)
	if err != nil {
		return err
	}
	return checkObjects(admission.NewChecker(), objs, []string{admission.Newest()})
}
