package release

import (
	"bytes"
	"fmt"
	"net/url"
	"path"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/vapchart/vapchart/internal/tree"
)

// The bill's own names for its parts.
const (
	refChart    = "chart"
	refPolicies = "policies"
	refTool     = "tool"
)

// addSBOM adds the software bill of materials: the chart, the policies that it
// was made from, file by file, and the tool with its modules. CycloneDX is the
// one of the two formats that asks for no clock.
func addSBOM(out tree.Tree, in Input) error {
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{
		BOMRef: refChart, Type: cdx.ComponentTypeApplication, Name: in.Chart, Version: in.Version,
		Hashes: hashes(in.Archive), PackageURL: "pkg:helm/" + in.Chart + "@" + url.QueryEscape(in.Version),
	}}
	policies, err := policyComponent(in)
	if err != nil {
		return err
	}
	tool := cdx.Component{
		BOMRef: refTool, Type: cdx.ComponentTypeApplication, Name: in.Tool.Module, Version: in.Tool.Version, PackageURL: golang(in.Tool.Module, in.Tool.Version),
	}
	components := []cdx.Component{policies, tool}
	var modules []string
	for _, m := range in.Tool.Modules {
		ref := golang(m.Path, m.Version)
		modules = append(modules, ref)
		components = append(components, cdx.Component{
			BOMRef: ref, Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, PackageURL: ref,
			// Go's digest is that of a folder, for which the format has no word.
			Properties: &[]cdx.Property{{Name: "vapchart:go.sum", Value: m.Sum}},
		})
	}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{
		{Ref: refChart, Dependencies: &[]string{refPolicies, refTool}},
		{Ref: refTool, Dependencies: &modules},
	}
	var text bytes.Buffer
	enc := cdx.NewBOMEncoder(&text, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false)
	if err := enc.EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return fmt.Errorf("write %s: %w", SBOMFile, err)
	}
	return out.Add(SBOMFile, text.Bytes())
}

// policyComponent is the vendored tree, with its files within.
func policyComponent(in Input) (cdx.Component, error) {
	digest, err := in.Vendored.Digest()
	if err != nil {
		return cdx.Component{}, fmt.Errorf("write %s: %w", SBOMFile, err)
	}
	var files []cdx.Component
	for _, name := range in.Vendored.Paths() {
		at := path.Join(VendoredDir, name)
		files = append(files, cdx.Component{BOMRef: at, Type: cdx.ComponentTypeFile, Name: at, Hashes: hashes(in.Vendored[name])})
	}
	version := in.Pin.Ref
	if in.Pin.Commit != "" {
		version = in.Pin.Commit
	}
	c := cdx.Component{
		BOMRef: refPolicies, Type: cdx.ComponentTypeData, Name: in.Pin.Source, Version: version, Components: &files,
		Properties: &[]cdx.Property{{Name: "vapchart:dirhash", Value: digest}},
	}
	if strings.HasPrefix(in.Pin.Source, "https://") {
		c.ExternalReferences = &[]cdx.ExternalReference{{Type: cdx.ERTypeVCS, URL: in.Pin.Source}}
	}
	return c, nil
}

func hashes(data []byte) *[]cdx.Hash {
	return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sum(data)}}
}

// golang gives the package URL of a Go module. Its scheme knows no capital
// letters, and a version that is none is left away.
func golang(module, version string) string {
	out := "pkg:golang/" + strings.ToLower(module)
	if strings.HasPrefix(version, "v") {
		out += "@" + url.QueryEscape(version)
	}
	return out
}
