package cluster

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/tree"
)

// mostCached is how many renderings stay in the cache. Each is some 300 KiB.
const mostCached = 32

// Cache keeps what charts render in a folder, by all that it is made of. It
// never fails: what cannot be read or written is rendered. The zero value keeps
// nothing.
type Cache struct{ Dir string }

// cached is an entry. In its file the SHA-256 of its JSON stands before it.
type cached struct {
	Key   string
	Files map[string]string
}

// Render is chart.Render.
func (c Cache) Render(files tree.Tree, values map[string]any, rel chart.Release) (chart.Rendered, error) {
	key := c.key(files, values, rel)
	if texts := c.read(key); texts != nil {
		return chart.Collect(texts)
	}
	texts, err := chart.RenderFiles(files, values, rel)
	if err != nil {
		return chart.Rendered{}, err
	}
	c.write(key, texts)
	return chart.Collect(texts)
}

// key is the digest of the tool, the chart and all that it is rendered with. It is
// empty where nothing is to be kept: of a chart that is not as vapchart wrote it,
// whose templates may read the clock or throw dice.
func (c Cache) key(files tree.Tree, values map[string]any, rel chart.Release) string {
	if c.Dir == "" || !files.Generated() || len(files.Edited()) > 0 {
		return ""
	}
	tool := toolIdentity()
	digest, err := files.Digest()
	if err != nil || tool == "" {
		return ""
	}
	data, err := json.Marshal([]any{"rendered chart", tool, digest, values, rel})
	if err != nil {
		return ""
	}
	return sumOf(data)
}

// toolIdentity tells this build of the tool from every other: its modules, and of
// two builds from changed code the size and the time of the executable.
func toolIdentity() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	name, err := os.Executable()
	if err != nil {
		return ""
	}
	file, err := os.Stat(name)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info, file.Size(), file.ModTime().UnixNano())
}

// read gives the entry of a key, or nil. One that is damaged or another's is none.
func (c Cache) read(key string) map[string]string {
	if key == "" {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(c.Dir, key))
	if err != nil {
		return nil
	}
	sum, body, _ := strings.Cut(string(data), "\n")
	var entry cached
	if sum != sumOf([]byte(body)) || json.Unmarshal([]byte(body), &entry) != nil || entry.Key != key {
		return nil
	}
	return entry.Files
}

// write keeps an entry, all of it or nothing.
func (c Cache) write(key string, files map[string]string) {
	for _, text := range files {
		if !utf8.ValidString(text) { // JSON could not keep it
			return
		}
	}
	body, err := json.Marshal(cached{key, files})
	if key == "" || err != nil || os.MkdirAll(c.Dir, 0o700) != nil {
		return
	}
	tmp, err := os.CreateTemp(c.Dir, "new-")
	if err != nil {
		return
	}
	_, err = tmp.WriteString(sumOf(body) + "\n" + string(body))
	if closed := tmp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(c.Dir, key))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	c.prune()
}

// prune takes the oldest entries away where there are too many.
func (c Cache) prune() {
	entries, err := os.ReadDir(c.Dir)
	if err != nil || len(entries) <= mostCached {
		return
	}
	age := func(e os.DirEntry) int64 {
		info, err := e.Info()
		if err != nil {
			return 0
		}
		return info.ModTime().UnixNano()
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(age(a), age(b)) })
	for _, e := range entries[:len(entries)-mostCached] {
		_ = os.Remove(filepath.Join(c.Dir, e.Name()))
	}
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
