// Package release owns the release bundle, and the proof that one is what it says it
// is. It is the verbs `release` and `verify`.
//
// Build takes everything that a bundle contains as bytes: the same input makes the same
// bytes. Make collects that input from a project and writes the archive and the record,
// both or neither. Prove takes an archive, makes what is in it again from the sources in
// it, and compares. What is not as it should be is a *Finding, all other errors are
// failures.
package release

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// Names of what a bundle holds, as paths in it.
const (
	RecordFile     = "release.yaml"
	SumsFile       = "SHA256SUMS"
	SignatureFile  = "SHA256SUMS.asc"
	ProjectFile    = "vapchart.yaml"
	LockFile       = "upstream.lock.yaml"
	VendoredDir    = "upstream"
	OverlaysDir    = "overlays"
	RenderedDir    = "rendered"
	StaticDir      = "static"
	CoverageFile   = "COVERAGE.md"
	ChangelogFile  = "CHANGELOG.md"
	VerdictsFile   = "VERDICTS.md"
	ReadmeFile     = "README.md" // at the top and in static/
	ScriptFile     = "verify.sh"
	LicenseFile    = "LICENSE"
	SBOMFile       = "sbom.cdx.json"
	StatementFile  = "provenance.intoto.json"
	chartExtension = ".tgz"
	provExtension  = ".tgz.prov"
)

// Input is everything a release is made from. Nothing in it is changed.
type Input struct {
	Facts
	Tool     Tool
	Clusters []Cluster // in the order of the project

	Archive   []byte    // the chart, packed
	Project   []byte    // vapchart.yaml
	Lock      []byte    // upstream.lock.yaml
	Vendored  tree.Tree // what the lock is of
	Overlays  tree.Tree // all of overlays/, by hand and generated
	Coverage  []byte    // the table, in Markdown
	Changelog []byte    // CHANGELOG.md of the project
	Verdicts  []byte    // which verdicts differ from the release before, in Markdown
	License   []byte    // of the project; nil where it has none
}

// Cluster is one cluster and what is applied to it.
type Cluster struct {
	Name       string
	Kubernetes string // minor version, such as "1.33"
	Objects    []manifest.Document
}

// Tool is the program that makes the release.
type Tool struct {
	Module  string
	Version string // of the module; "(devel)" for one that was built from a checkout
	Modules []Module
}

// Module is a Go module that the tool is linked from, on any system.
type Module struct {
	Path, Version string
	Sum           string // h1:
}

// ChartFile is the name of a packed chart, ProvenanceFile that of Helm's
// signature over it; Helm wants both side by side.
func ChartFile(chart, version string) string { return chart + "-" + version + chartExtension }

// ProvenanceFile is the name of Helm's signature over a packed chart.
func ProvenanceFile(chart, version string) string { return chart + "-" + version + provExtension }

// Name is what a release is called: the folder in its archive.
func Name(chart, version string) string { return chart + "-" + version }

// Signatures are the files that are not the same each time: whoever signs adds
// them to a bundle, and SHA256SUMS does not list them.
func Signatures(chart, version string) []string {
	return []string{SignatureFile, ProvenanceFile(chart, version)}
}

// Build gives the bundle, unsigned.
func Build(in Input) (tree.Tree, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	out := tree.New()
	files := map[string][]byte{
		ChartFile(in.Chart, in.Version): in.Archive, ProjectFile: in.Project, LockFile: in.Lock,
		CoverageFile: in.Coverage, ChangelogFile: in.Changelog, VerdictsFile: in.Verdicts,
	}
	if in.License != nil {
		files[LicenseFile] = in.License
	}
	var errs []error
	for name, data := range files {
		errs = append(errs, out.Add(name, data))
	}
	errs = append(errs, out.Merge(VendoredDir, in.Vendored), out.Merge(OverlaysDir, in.Overlays))
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("build release: %w", err)
	}
	for _, stage := range []func(tree.Tree, Input) error{addRendered, addTexts, addSBOM, addStatement, addRecord, addSums} {
		if err := stage(out, in); err != nil {
			return nil, fmt.Errorf("build release: %w", err)
		}
	}
	return out, nil
}

// check finds what no release may lack.
func (in Input) check() error {
	var errs []error
	need := func(ok bool, what, hint string) {
		if !ok {
			errs = append(errs, policy.WithHint(fmt.Errorf("build release %s: %s", in.Version, what), hint))
		}
	}
	need(len(in.Archive) > 0 && len(in.Vendored) > 0 && len(in.Lock) > 0, "the chart, the vendored policies or their lock are missing", "run `vapchart vendor` first")
	need(hasHeading(in.Changelog, in.Version), ChangelogFile+" has no heading that names "+in.Version,
		"write what changed in "+ChangelogFile+", below a line such as `## "+in.Version+"`")
	need(len(in.Verdicts) > 0, "nothing says which verdicts changed", "name the release before")
	return errors.Join(errs...)
}

// hasHeading says whether a heading of a Markdown text names the version.
func hasHeading(text []byte, version string) bool {
	for line := range bytes.Lines(text) {
		words := bytes.FieldsFunc(line, func(r rune) bool { return bytes.ContainsRune([]byte(" []()\t\n\r,:"), r) })
		if bytes.HasPrefix(line, []byte("#")) && slices.ContainsFunc(words, func(w []byte) bool {
			return string(bytes.TrimPrefix(w, []byte("v"))) == version
		}) {
			return true
		}
	}
	return false
}

// addRendered adds, for each cluster, what is applied to it: the objects as one
// file, and their static flavour.
func addRendered(out tree.Tree, in Input) error {
	var errs []error
	for _, c := range in.Clusters {
		objects, err := documents(c.Objects)
		if err != nil {
			return err
		}
		static, _, err := Static(c.Objects)
		if err != nil {
			return err
		}
		errs = append(errs, out.Add(path.Join(RenderedDir, c.Name+".yaml"), objects), out.Merge(path.Join(StaticDir, c.Name), static))
	}
	return errors.Join(errs...)
}
