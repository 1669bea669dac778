package upstream

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	gitmemory "github.com/go-git/go-git/v5/storage/memory"

	"github.com/vapchart/vapchart/internal/tree"
)

// repo writes git objects one by one, so that it can hold what no git client
// would make.
type repo struct {
	t     *testing.T
	store interface {
		storer.EncodedObjectStorer
		storer.ReferenceStorer
	}
}

func inMemoryRepo(t *testing.T) (repo, *gitmemory.Storage) {
	s := gitmemory.NewStorage()
	return repo{t, s}, s
}

// onDiskRepo makes a repository in gitDir, its HEAD on main.
func onDiskRepo(t *testing.T, gitDir string) repo {
	t.Helper()
	s := filesystem.NewStorage(osfs.New(gitDir), cache.NewObjectLRUDefault())
	r := repo{t, s}
	r.must(s.Init())
	r.must(s.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, heads+"main")))
	return r
}

func (r repo) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// object stores an object of any content.
func (r repo) object(typ plumbing.ObjectType, data []byte) plumbing.Hash {
	r.t.Helper()
	o := &plumbing.MemoryObject{}
	o.SetType(typ)
	_, err := o.Write(data)
	r.must(err)
	h, err := r.store.SetEncodedObject(o)
	r.must(err)
	return h
}

// treeOf stores a tree of just these entries, whatever their names.
func (r repo) treeOf(entries ...object.TreeEntry) plumbing.Hash {
	r.t.Helper()
	var b bytes.Buffer
	for _, e := range entries {
		fmt.Fprintf(&b, "%o %s\x00%s", uint32(e.Mode), e.Name, e.Hash[:])
	}
	return r.object(plumbing.TreeObject, b.Bytes())
}

// files stores a tree of files and the trees in it; extra entries go into the
// root or, with a slash, into the folder before it.
func (r repo) files(files tree.Tree, extra ...object.TreeEntry) plumbing.Hash {
	r.t.Helper()
	below := map[string]tree.Tree{}
	more := map[string][]object.TreeEntry{}
	var entries []object.TreeEntry
	for name, data := range files {
		dir, rest, deep := strings.Cut(name, "/")
		if !deep {
			entries = append(entries, object.TreeEntry{Name: name, Mode: filemode.Regular, Hash: r.object(plumbing.BlobObject, data)})
			continue
		}
		if below[dir] == nil {
			below[dir] = tree.New()
		}
		below[dir][rest] = data
	}
	for _, e := range extra {
		dir, rest, deep := strings.Cut(e.Name, "/")
		if !deep || below[dir] == nil {
			entries = append(entries, e)
			continue
		}
		e.Name = rest
		more[dir] = append(more[dir], e)
	}
	for dir, files := range below {
		entries = append(entries, object.TreeEntry{Name: dir, Mode: filemode.Dir, Hash: r.files(files, more[dir]...)})
	}
	slices.SortFunc(entries, func(a, b object.TreeEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	return r.treeOf(entries...)
}

// sortName is what git sorts a tree by.
func sortName(e object.TreeEntry) string {
	if e.Mode == filemode.Dir {
		return e.Name + "/"
	}
	return e.Name
}

// commit stores a commit of a tree.
func (r repo) commit(root plumbing.Hash, parents ...plumbing.Hash) plumbing.Hash {
	r.t.Helper()
	who := object.Signature{Name: "A", Email: "a@example.org", When: time.Unix(1700000000, 0).UTC()}
	c := object.Commit{Author: who, Committer: who, Message: "m\n", TreeHash: root, ParentHashes: parents}
	o := &plumbing.MemoryObject{}
	r.must(c.Encode(o))
	h, err := r.store.SetEncodedObject(o)
	r.must(err)
	return h
}

// tag stores an annotated tag.
func (r repo) tag(name string, typ plumbing.ObjectType, target plumbing.Hash) plumbing.Hash {
	r.t.Helper()
	who := object.Signature{Name: "A", Email: "a@example.org", When: time.Unix(1700000000, 0).UTC()}
	tag := object.Tag{Name: name, Tagger: who, Message: "m\n", TargetType: typ, Target: target}
	o := &plumbing.MemoryObject{}
	r.must(tag.Encode(o))
	h, err := r.store.SetEncodedObject(o)
	r.must(err)
	return h
}

func (r repo) ref(name string, h plumbing.Hash) {
	r.t.Helper()
	r.must(r.store.SetReference(plumbing.NewHashReference(plumbing.ReferenceName(name), h)))
}

// history is a repository of three commits: the library at main and at its
// tags, something else before and after it.
type history struct{ first, second, third, tag plumbing.Hash }

func (r repo) fill() history {
	r.t.Helper()
	var h history
	h.first = r.commit(r.files(tree.Tree{"old.txt": []byte("old\n")}))
	h.second = r.commit(r.files(library()), h.first)
	h.third = r.commit(r.files(tree.Tree{"new.txt": []byte("new\n")}), h.second)
	h.tag = r.tag("v2", plumbing.CommitObject, h.second)
	r.ref(heads+"main", h.second)
	r.ref(heads+"next", h.third)
	r.ref(heads+"release-1.17", h.second)
	r.ref(tags+"v1", h.second)
	r.ref(tags+"v2", h.tag)
	r.ref(tags+"v3", r.tag("v3", plumbing.TagObject, h.tag))
	return h
}

// pack moves all objects of a repository on disk into one pack, and its
// references into one file.
func pack(t *testing.T, gitDir string) {
	t.Helper()
	s := filesystem.NewStorage(osfs.New(gitDir), cache.NewObjectLRUDefault())
	r := repo{t, s}
	var all []plumbing.Hash
	r.must(s.ForEachObjectHash(func(h plumbing.Hash) error { all = append(all, h); return nil }))
	w, err := s.PackfileWriter()
	r.must(err)
	_, err = packfile.NewEncoder(w, s, false).Encode(all, 10)
	r.must(err)
	r.must(w.Close())
	for _, h := range all {
		r.must(s.DeleteLooseObject(h))
	}
	r.must(s.PackRefs())
	loose, err := filepath.Glob(filepath.Join(gitDir, "refs", "*", "*"))
	r.must(err)
	if len(all) == 0 || len(loose) != 0 {
		t.Fatalf("%d objects are packed and %d references are left", len(all), len(loose))
	}
}

// fileURL gives the file:// URL of a folder.
func fileURL(dir string) string { return "file://" + filepath.ToSlash(dir) }

// damage overwrites the last bytes of a file.
func damage(t *testing.T, name string) {
	t.Helper()
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Seek(-4, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
}
