package upstream

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// ErrDrift says that a vendored tree is not what its lock says.
var ErrDrift = errors.New("the vendored tree and its lock differ")

// Verify compares a tree with the lock. The error matches ErrDrift and lists,
// one on a line, every file that is missing, extra or changed, and a digest
// that fits neither the tree nor the lock's own list.
func (l Lock) Verify(t tree.Tree) error {
	lines := differences(l.Files, t)
	digest, err := t.Digest()
	if err != nil {
		return fmt.Errorf("verify lock: %w", err)
	}
	if listed := digestOf(l.Files); l.Digest != listed {
		lines = append(lines, fmt.Sprintf("edited   the lock: its digest is %s, that of its files %s", l.Digest, listed))
	}
	if l.Digest != digest {
		lines = append(lines, fmt.Sprintf("digest   %s, the lock says %s", digest, l.Digest))
	}
	if len(lines) == 0 {
		return nil
	}
	return policy.WithHint(listing(ErrDrift, lines), again)
}

// differences gives a line for each file that is not as it should be, sorted by
// path.
func differences(want map[string]string, t tree.Tree) []string {
	all := maps.Clone(want)
	for name := range t {
		all[name] = "" // only its key counts
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		data, there := t[name]
		digest, listed := want[name]
		switch got := sum(data); {
		case !there:
			out = append(out, "missing  "+name)
		case !listed:
			out = append(out, "extra    "+name)
		case got != digest:
			out = append(out, fmt.Sprintf("changed  %s: sha256 %s, want %s", name, got, digest))
		}
	}
	return out
}

// listing gives an error with lines below it.
func listing(err error, lines []string) error {
	return fmt.Errorf("%w:\n  %s", err, strings.Join(lines, "\n  "))
}

// digestOf gives the h1: digest of a tree from the digests of its files, as
// golang.org/x/mod's dirhash.Hash1 does from the files themselves.
func digestOf(files map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h.Write(fmt.Appendf(nil, "%s  %s\n", files[name], name))
	}
	return "h1:" + base64.StdEncoding.EncodeToString(h.Sum(nil))
}
