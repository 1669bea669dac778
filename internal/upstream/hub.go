package upstream

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// checkDigests compares every policy file with the sha256 that the library
// itself gives for it, in the artifacthub-pkg.yml beside it. A note counts the
// policies for which there is none.
func checkDigests(h harvest) (notes []string, err error) {
	policies := map[string][]string{} // by folder
	for _, p := range slices.Sorted(maps.Keys(h.policies)) {
		policies[path.Dir(p)] = append(policies[path.Dir(p)], p)
	}
	proven := map[string]bool{}
	var errs []error
	for _, name := range h.files.Paths() {
		if !isHub(path.Base(name)) {
			continue
		}
		want, err := hubDigest(name, h.files[name])
		if err != nil || want == "" {
			errs = append(errs, err)
			continue
		}
		p, err := described(h, name, want, policies[path.Dir(name)])
		if err != nil && path.Ext(name) == ".yaml" {
			// The library's own checks read .yml only, so these grow stale there.
			notes, err = append(notes, err.Error()), nil
		}
		errs = append(errs, err)
		proven[p] = true
	}
	var bare []string
	for _, p := range slices.Sorted(maps.Keys(h.policies)) {
		if !proven[p] {
			bare = append(bare, p)
		}
	}
	if len(bare) > 0 {
		notes = append(notes, fmt.Sprintf("the library gives no digest of %s: %s",
			count(len(bare), "policy", "policies"), some(bare)))
	}
	return notes, errors.Join(errs...)
}

// described gives the policy file that has the digest. A package file tells
// none by name, so among several in a folder any one may be meant.
func described(h harvest, hub, want string, policies []string) (string, error) {
	var have []string
	for _, p := range policies {
		got := sum(h.files[p])
		if got == want {
			return p, nil
		}
		have = append(have, fmt.Sprintf("%s has %s", p, got))
	}
	return "", policy.WithHint(
		fmt.Errorf("check digest: %s says sha256 %s, but %s", hub, want, strings.Join(have, ", ")),
		"the policy was changed after it was published: take it from its publisher again, or remove the file that describes it")
}

// hubDigest gives the digest field, which Artifact Hub treats as any text, as
// lower-case hex; empty where there is none.
func hubDigest(name string, data []byte) (string, error) {
	doc, err := manifest.One(name, data)
	if err != nil {
		return "", err
	}
	var pkg struct {
		Digest string         `yaml:"digest"`
		Rest   map[string]any `yaml:",inline"`
	}
	if err := doc.Decode(&pkg); err != nil {
		return "", err
	}
	digest := strings.ToLower(strings.TrimPrefix(pkg.Digest, "sha256:"))
	if digest != "" && !isHex(digest, sha256.Size) {
		return "", &manifest.Error{File: name, Line: doc.LineOf("digest"),
			Msg: fmt.Sprintf("digest is %q, want a sha256", pkg.Digest)}
	}
	return digest, nil
}

// sum gives the sha256 of a file as hex.
func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// isHex says whether s is n bytes in lower-case hex.
func isHex(s string, n int) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == n && s == strings.ToLower(s)
}
