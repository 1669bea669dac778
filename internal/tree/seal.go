package tree

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// SealFile is the file of a generated folder that has the digest of every other,
// in the form that sha256sum writes and reads. By it a run knows whether what is
// there is what an earlier one wrote, so that nothing made by hand is lost.
const SealFile = "GENERATED.sha256"

// Sealed gives the tree with its seal; of no files there is none.
func (t Tree) Sealed() Tree {
	if len(t) == 0 {
		return t
	}
	out := maps.Clone(t)
	var seal bytes.Buffer
	for _, name := range t.Paths() {
		if name != SealFile {
			seal.WriteString(digest(t[name]) + "  " + name + "\n")
		}
	}
	out[SealFile] = seal.Bytes()
	return out
}

// Generated says whether the tree bears a seal: some run wrote it.
func (t Tree) Generated() bool { return t[SealFile] != nil }

// Edited gives the paths of what is not as it was sealed: files with other content,
// files that are gone, and files that came in. Without a seal that is all of them.
func (t Tree) Edited() []string {
	sealed := map[string]string{}
	for line := range strings.Lines(string(t[SealFile])) {
		if sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  "); ok {
			sealed[name] = sum
		}
	}
	var out []string
	for name, data := range t {
		if name != SealFile && sealed[name] != digest(data) {
			out = append(out, name)
		}
	}
	for name := range sealed {
		if _, ok := t[name]; !ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
