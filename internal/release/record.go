package release

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// The type that a record declares itself to be.
const (
	APIVersion = "vapchart.dev/v1alpha1"
	Kind       = "Release"
)

// Facts say what was released.
type Facts struct {
	Chart      string        `json:"chart" yaml:"chart"`     // its name
	Version    string        `json:"version" yaml:"version"` // semantic
	Previous   string        `json:"previous,omitempty" yaml:"previous"`
	Pin        Pin           `json:"pin" yaml:"pin"`
	Kubernetes Range         `json:"kubernetes" yaml:"kubernetes"`
	Standard   Range         `json:"standard" yaml:"standard"` // versions of the Pod Security Standards
	Names      []ClusterFact `json:"clusters,omitempty" yaml:"clusters"`
	// SkipUnsupported says that rules which cannot be native were left out.
	SkipUnsupported bool `json:"skipUnsupported,omitempty" yaml:"skipUnsupported"`
}

// Pin is policy.Pin as the record writes it.
type Pin struct {
	Source string `json:"source" yaml:"source"`
	Ref    string `json:"ref,omitempty" yaml:"ref"`
	Commit string `json:"commit,omitempty" yaml:"commit"`
}

// Range is a range of versions, both ends included.
type Range struct {
	Oldest string `json:"oldest" yaml:"oldest"`
	Newest string `json:"newest" yaml:"newest"`
}

// ClusterFact names a cluster and its Kubernetes.
type ClusterFact struct {
	Name       string `json:"name" yaml:"name"`
	Kubernetes string `json:"kubernetes" yaml:"kubernetes"`
}

// Record is release.yaml: what was released, by what, and the digests of all
// that is in the bundle.
type Record struct {
	APIVersion string `json:"apiVersion" yaml:"apiVersion"`
	Kind       string `json:"kind" yaml:"kind"`
	Facts      `yaml:",inline"`
	Tool       RecordTool `json:"tool" yaml:"tool"`
	// Digests has all that lies in the bundle's own folder: the sha256 of files
	// in hex, the h1: digest of folders. The record itself, SHA256SUMS and the
	// signatures are not among them.
	Digests map[string]string `json:"digests" yaml:"digests"`
}

// RecordTool is the tool that made a release.
type RecordTool struct {
	Module  string `json:"module" yaml:"module"`
	Version string `json:"version" yaml:"version"`
}

// PinOf gives a pin as the record writes it.
func PinOf(p policy.Pin) Pin { return Pin{Source: p.Source, Ref: p.Ref, Commit: p.Commit} }

// addRecord adds release.yaml, and so must come behind all that it tells of.
func addRecord(out tree.Tree, in Input) error {
	digests, err := digests(out)
	if err != nil {
		return err
	}
	body, err := manifest.Encode(Record{
		APIVersion: APIVersion, Kind: Kind, Facts: in.Facts, Digests: digests,
		Tool: RecordTool{Module: in.Tool.Module, Version: in.Tool.Version},
	})
	if err != nil {
		return err
	}
	return out.Add(RecordFile, append([]byte("# What this release is and what it holds. Written by the tool; do not edit.\n"), body...))
}

// digests gives those of all that lies at the top of a tree.
func digests(t tree.Tree) (map[string]string, error) {
	folders, out := map[string]tree.Tree{}, map[string]string{}
	for name, data := range t {
		top, rest, below := strings.Cut(name, "/")
		if !below {
			out[name] = sum(data)
			continue
		}
		if folders[top] == nil {
			folders[top] = tree.New()
		}
		folders[top][rest] = data
	}
	for name, t := range folders {
		digest, err := t.Digest()
		if err != nil {
			return nil, fmt.Errorf("digest of %s: %w", name, err)
		}
		out[name] = digest
	}
	return out, nil
}

// ParseRecord reads release.yaml; name is used in errors only.
func ParseRecord(name string, data []byte) (Record, error) {
	doc, err := manifest.One(name, data)
	if err != nil {
		return Record{}, fmt.Errorf("read record: %w", err)
	}
	var r Record
	if err := doc.Decode(&r); err != nil {
		return Record{}, fmt.Errorf("read record: %w", err)
	}
	var errs []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("read record: %w", doc.Errorf(format, args...)))
		}
	}
	want(r.APIVersion == APIVersion && r.Kind == Kind, "apiVersion and kind are %q and %q, want %s and %s", r.APIVersion, r.Kind, APIVersion, Kind)
	plain := func(s string) bool { return s != "" && tree.CheckPath(s) == nil && !strings.Contains(s, "/") }
	want(plain(r.Chart) && plain(r.Version), "chart and version are %q and %q, want plain names", r.Chart, r.Version)
	// Verifying prints these, so they must not look like its own lines.
	word := regexp.MustCompile(`^[A-Za-z0-9.()+_-]*$`)
	want(word.MatchString(r.Tool.Version) && word.MatchString(r.Previous), "tool.version and previous are %q and %q, want plain words", r.Tool.Version, r.Previous)
	want(len(r.Digests) > 0, "digests is empty")
	return r, errors.Join(errs...)
}

// unlisted are the files at the top of a bundle that its record does not list.
func unlisted(chart, version string) []string {
	return append(Signatures(chart, version), RecordFile, SumsFile)
}

// listed gives the part of a bundle that its record lists.
func listed(bundle tree.Tree, chart, version string) tree.Tree {
	out := tree.New()
	for name, data := range bundle {
		if !slices.Contains(unlisted(chart, version), name) {
			out[name] = data
		}
	}
	return out
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
