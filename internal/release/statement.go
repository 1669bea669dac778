package release

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/tree"
)

// Types of the statement. The build type is this tool's own; docs/release.md
// says what its parameters mean.
const (
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://slsa.dev/provenance/v1"
	buildType     = "https://vapchart.dev/release/v1"
)

// statement is an in-toto statement with a SLSA provenance predicate. When it was
// made is not in it: the same input gives the same statement.
type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     provenance `json:"predicate"`
}

type resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest"`
}

type provenance struct {
	BuildDefinition struct {
		BuildType            string     `json:"buildType"`
		ExternalParameters   parameters `json:"externalParameters"`
		ResolvedDependencies []resource `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	RunDetails struct {
		Builder builder `json:"builder"`
	} `json:"runDetails"`
}

// parameters are what whoever makes the release decides.
type parameters struct {
	Version string `json:"version"`
	Project string `json:"project"` // the file that says all else, among the dependencies
}

type builder struct {
	ID      string            `json:"id"`
	Version map[string]string `json:"version"`
}

// addStatement adds the provenance: what the release was made of, by digest, and
// what came out.
func addStatement(out tree.Tree, in Input) error {
	made, err := digests(out)
	if err != nil {
		return err
	}
	s := statement{Type: statementType, PredicateType: predicateType}
	sources := []string{ProjectFile, LockFile, VendoredDir, OverlaysDir, ChangelogFile}
	def := &s.Predicate.BuildDefinition
	def.BuildType, def.ExternalParameters = buildType, parameters{Version: in.Version, Project: ProjectFile}
	if in.Pin.Commit != "" {
		def.ResolvedDependencies = append(def.ResolvedDependencies, resource{
			URI: "git+" + in.Pin.Source + "@" + in.Pin.Ref, Digest: map[string]string{"gitCommit": in.Pin.Commit},
		})
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		digest, err := digestSet(made[name])
		if err != nil {
			return err
		}
		r := resource{Name: name, Digest: digest}
		if slices.Contains(sources, name) {
			def.ResolvedDependencies = append(def.ResolvedDependencies, r)
		}
		s.Subject = append(s.Subject, r)
	}
	s.Predicate.RunDetails.Builder = builder{ID: "https://" + in.Tool.Module, Version: map[string]string{"vapchart": in.Tool.Version}}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("write %s: %w", StatementFile, err)
	}
	return out.Add(StatementFile, text.Bytes())
}

// digestSet gives a digest in in-toto's words: that of a folder is dirHash there,
// and in hex.
func digestSet(digest string) (map[string]string, error) {
	h1, folder := strings.CutPrefix(digest, "h1:")
	if !folder {
		return map[string]string{"sha256": digest}, nil
	}
	raw, err := base64.StdEncoding.DecodeString(h1)
	if err != nil {
		return nil, fmt.Errorf("read digest %s: %w", digest, err)
	}
	return map[string]string{"dirHash": hex.EncodeToString(raw)}, nil
}
