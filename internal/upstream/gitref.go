package upstream

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/vapchart/vapchart/internal/policy"
)

// refs is what a repository advertises: full reference names and the objects
// they point at, which for an annotated tag is the tag.
type refs map[string]plumbing.Hash

const (
	heads = "refs/heads/"
	tags  = "refs/tags/"
)

// isHash says whether a ref is a commit hash in full.
func isHash(ref string) bool {
	const size = 20 // of a sha1
	return isHex(ref, size)
}

// find gives the object of a branch or tag, by its short or full name.
func (r refs) find(ref string) (plumbing.Hash, error) {
	if h, ok := r[ref]; ok && strings.HasPrefix(ref, "refs/") {
		return h, nil
	}
	branch, isBranch := r[heads+ref]
	tag, isTag := r[tags+ref]
	switch {
	case isBranch && isTag && branch != tag:
		return plumbing.ZeroHash, policy.WithHint(fmt.Errorf("%q is both a branch and a tag", ref),
			fmt.Sprintf("write %s%s or %s%s", heads, ref, tags, ref))
	case isBranch:
		return branch, nil
	case isTag:
		return tag, nil
	default:
		return plumbing.ZeroHash, r.unknown(ref)
	}
}

// unknown gives the error for a ref that is not there, with what may be meant.
func (r refs) unknown(ref string) error {
	var branches, names, exact []string
	for _, full := range slices.Sorted(maps.Keys(r)) {
		if b, ok := strings.CutPrefix(full, heads); ok {
			branches = append(branches, b)
			names = append(names, b)
		} else if t, ok := strings.CutPrefix(full, tags); ok {
			names = append(names, t)
		}
		if strings.HasPrefix(full, "refs/remotes/") && strings.HasSuffix(full, "/"+ref) {
			exact = append(exact, full)
		}
	}
	err := fmt.Errorf("no branch or tag %q among %s and %s", ref,
		count(len(branches), "branch", "branches"), count(len(names)-len(branches), "tag", "tags"))
	alike := policy.Near(ref, names)
	switch {
	case len(exact) > 0:
		return policy.WithHint(err, "this clone knows it as "+some(exact)+": write that")
	case regexp.MustCompile(`^[0-9a-fA-F]{7,64}$`).MatchString(ref):
		return policy.WithHint(err, "a commit is named by its full hash: 40 hex digits in lower case")
	case len(alike) > 0:
		return policy.WithHint(err, "near it: "+some(alike))
	default:
		return policy.WithHint(err, "branches: "+some(branches))
	}
}
