package release

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/build"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// toolModule is the module of this tool, whatever the binary knows of itself.
const toolModule = "github.com/vapchart/vapchart"

// assembled is what a release is built from, and what was made for it.
type assembled struct {
	Input
	chart tree.Tree
	out   *build.Outputs // which compared what was made with what is in the project
}

// assemble makes everything that a build makes and gathers what a release is
// built from. Words that people write are not in it yet.
func assemble(ctx context.Context, s term.Streams, p *project.Project, skipUnsupported bool) (assembled, error) {
	f := build.Options{Check: true, SkipUnsupported: skipUnsupported}
	out := build.NewOutputs(p, f)
	out.Kept = &build.Kept{Folders: map[string]tree.Tree{}, Objects: map[string][]manifest.Document{}}
	made, err := build.All(ctx, s, p, f, out)
	if err != nil {
		return assembled{}, err
	}
	plan, versions := made.Plan, pss.Breakpoints()
	in := Input{
		Facts: Facts{
			Chart: plan.Chart.Name, Version: plan.Chart.Version, Pin: PinOf(made.Pin), SkipUnsupported: skipUnsupported,
			Kubernetes: Range{Oldest: admission.Oldest, Newest: admission.Newest()},
			Standard:   Range{Oldest: versions[0], Newest: versions[len(versions)-1]},
		},
		Vendored: made.Vendored, Coverage: made.Coverage,
	}
	for _, c := range plan.Clusters {
		in.Names = append(in.Names, ClusterFact{Name: c.Name, Kubernetes: c.Kubernetes})
		in.Clusters = append(in.Clusters, Cluster{Name: c.Name, Kubernetes: c.Kubernetes, Objects: out.Kept.Objects[c.Name]})
	}
	if in.Tool, err = thisTool(); err != nil {
		return assembled{}, err
	}
	if in.Archive, err = chart.Archive(plan.Chart.Name, made.Chart); err != nil {
		return assembled{}, err
	}
	if in.Overlays, err = overlaysOf(p, out.Kept.Folders); err != nil {
		return assembled{}, err
	}
	in.Project, err = os.ReadFile(p.Path(project.File))
	lock, lockErr := os.ReadFile(p.Path(project.LockFile))
	in.Lock = lock
	return assembled{in, made.Chart, out}, errors.Join(err, lockErr)
}

// overlaysOf gives all of overlays/: what is there by hand, and what is generated
// as it was made just now.
func overlaysOf(p *project.Project, folders map[string]tree.Tree) (tree.Tree, error) {
	there, err := tree.ReadIfThere(p.Path(project.OverlaysDir))
	if err != nil {
		return nil, fmt.Errorf("read overlays: %w", err)
	}
	out := tree.New()
	for folder, files := range folders {
		below, ok := strings.CutPrefix(folder, project.OverlaysDir+"/")
		if !ok {
			continue
		}
		for name := range there {
			if strings.HasPrefix(name, below+"/") {
				delete(there, name)
			}
		}
		if err := out.Merge(below, files); err != nil {
			return nil, err
		}
	}
	return out, out.Merge(".", there)
}

// drift says how the project differs from what was made: only what is committed
// is released.
func (a assembled) drift(s term.Streams) error {
	return policy.WithHint(a.out.Finish(s), "run `vapchart build`, look at what changed and commit it before you release")
}

// addWords adds what people wrote, and what is told of the release before.
func (a *assembled) addWords(ctx context.Context, p *project.Project, f Options) error {
	var err error
	a.Changelog, err = os.ReadFile(p.Path(ChangelogFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read changelog: %w", err)
	}
	if a.License, err = os.ReadFile(p.Path(LicenseFile)); errors.Is(err, fs.ErrNotExist) {
		a.License = nil
	} else if err != nil {
		return fmt.Errorf("read license: %w", err)
	}
	if a.Previous, err = previous(p, a.Version); err != nil {
		return err
	}
	var before *bundleFile
	if a.Previous != "" {
		if before, err = a.openBefore(p, f); err != nil {
			return err
		}
	}
	a.Verdicts, err = verdicts(ctx, a, before)
	return err
}

// previous gives the newest release that is recorded and older than the version;
// empty where there is none.
func previous(p *project.Project, version string) (string, error) {
	records, err := filepath.Glob(p.Path(ReleasesDir, "*", RecordFile))
	if err != nil {
		return "", fmt.Errorf("list releases: %w", err)
	}
	newest := ""
	for _, r := range records {
		v := filepath.Base(filepath.Dir(r))
		if semver.IsValid("v"+v) && semver.Compare("v"+v, "v"+version) < 0 && (newest == "" || semver.Compare("v"+v, "v"+newest) > 0) {
			newest = v
		}
	}
	return newest, nil
}

// openBefore reads the bundle of the release before and holds it to its record.
func (a assembled) openBefore(p *project.Project, f Options) (*bundleFile, error) {
	file := f.Before
	if file == "" {
		file = filepath.Join(f.folder(p), Name(a.Chart, a.Previous)+ArchiveExtension)
	}
	hint := fmt.Sprintf("get the bundle of %s and name it with --before", a.Previous)
	o, err := open(file)
	if err != nil {
		return nil, policy.WithHint(fmt.Errorf("compare with release %s: %w", a.Previous, err), hint)
	}
	want, err := os.ReadFile(p.Path(ReleasesDir, a.Previous, RecordFile))
	if err != nil {
		return nil, fmt.Errorf("compare with release %s: %w", a.Previous, err)
	}
	if string(want) != string(o.bundle[RecordFile]) {
		return nil, policy.WithHint(fmt.Errorf("compare with release %s: %s is not what is recorded of it", a.Previous, filepath.ToSlash(file)), hint)
	}
	return &o, nil
}

// thisTool says what makes the release.
func thisTool() (Tool, error) {
	modules, err := Modules()
	out := Tool{Module: toolModule, Version: "(devel)", Modules: modules}
	if info, ok := debug.ReadBuildInfo(); ok {
		out.Version = toolVersion(info.Main)
	}
	return out, err
}

// toolVersion gives the version of the tool. A build from a checkout has none: what
// Go makes up for it names a commit, and the commit that the release is recorded by
// is always a later one.
func toolVersion(main debug.Module) string {
	v := main.Version
	if main.Path != toolModule || !semver.IsValid(v) || module.IsPseudoVersion(v) || semver.Build(v) != "" {
		return "(devel)"
	}
	return v
}
