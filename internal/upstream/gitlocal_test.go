package upstream

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
)

func git(url, ref string) project.Upstream {
	return project.Upstream{Git: &project.Git{URL: url, Ref: ref}}
}

// shapes gives the ways in which the same repository can lie on a disk.
func shapes(t *testing.T) (map[string]string, history) {
	t.Helper()
	bare, work, packed, linked := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	h := onDiskRepo(t, bare).fill()
	onDiskRepo(t, filepath.Join(work, ".git")).fill()
	onDiskRepo(t, packed).fill()
	pack(t, packed)
	// A linked work tree, as `git worktree add` lays it out.
	private := filepath.Join(work, ".git", "worktrees", "linked")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(linked, ".git"), "gitdir: "+private+"\n")
	write(filepath.Join(private, "commondir"), "../..\n")
	write(filepath.Join(private, "HEAD"), "ref: refs/heads/main\n")
	// A clone that borrows the objects of another, as `git clone --shared`.
	borrowing := t.TempDir()
	r := onDiskRepo(t, borrowing)
	r.ref(heads+"main", h.second)
	r.ref(tags+"v1", h.second)
	r.ref(tags+"v2", h.tag)
	write(filepath.Join(borrowing, "objects", "info", "alternates"), filepath.Join(bare, "objects")+"\n")
	return map[string]string{"bare": bare, "work tree": work, "its .git": filepath.Join(work, ".git"),
		"packed": packed, "linked work tree": linked, "borrowing": borrowing}, h
}

func TestGitLocal(t *testing.T) {
	dirs, h := shapes(t)
	for shape, dir := range dirs {
		for _, ref := range []string{"main", "v1", "v2", "refs/heads/main", "refs/tags/v2", h.second.String(), h.tag.String()} {
			t.Run(shape+" "+ref, func(t *testing.T) {
				f := mustFetch(t, git(fileURL(dir), ref), both(), Options{})
				wantPaths(t, f.Tree, taken())
				want := policy.Pin{Source: strings.TrimSuffix(fileURL(dir), "/.git"), Ref: ref, Commit: h.second.String()}
				if f.Pin != want {
					t.Errorf("pin %+v, want %+v", f.Pin, want)
				}
				wantNote(t, f.Notes, "no known lock for "+ref)
			})
		}
	}
	f := mustFetch(t, git(fileURL(dirs["bare"]), "v3"), both(), Options{}) // a tag of a tag
	if f.Pin.Commit != h.second.String() {
		t.Errorf("v3 leads to %s, want %s", f.Pin.Commit, h.second)
	}
}

func TestGitLocalErrors(t *testing.T) {
	dir := t.TempDir()
	r := onDiskRepo(t, dir)
	h := r.fill()
	r.ref(heads+"both", h.first)
	r.ref(tags+"both", h.second)
	r.ref(tags+"blob", r.object(plumbing.BlobObject, []byte("x")))
	r.ref("refs/remotes/origin/far", h.second)
	absent := strings.Repeat("12", 20)
	tests := []struct {
		ref   string
		words []string
	}{
		{"release-1.71", []string{`no branch or tag "release-1.71" among 4 branches and 5 tags`, "near it: release-1.17"}},
		{"nothing-like-it", []string{"no branch or tag", "branches: both, main, next, release-1.17"}},
		{"HEAD", []string{`no branch or tag "HEAD"`}},
		{h.second.String()[:10], []string{"no branch or tag", "40 hex digits"}},
		{absent, []string{"does not hold the object " + absent, "shallow or partial clone"}},
		{"both", []string{`"both" is both a branch and a tag`, "write refs/heads/both or refs/tags/both"}},
		{"blob", []string{"is a blob"}},
		{"far", []string{"this clone knows it as refs/remotes/origin/far"}},
		{"next", []string{"no folder base", "no folder strict"}},
	}
	for _, tt := range tests {
		t.Run(tt.ref, func(t *testing.T) {
			_, err := Fetch(t.Context(), git(fileURL(dir), tt.ref), both(), Options{})
			wantError(t, err, append(tt.words, "fetch "+fileURL(dir))...)
		})
	}
	mustFetch(t, git(fileURL(dir), "refs/remotes/origin/far"), both(), Options{})
}

func TestGitLocalNoRepository(t *testing.T) {
	_, err := Fetch(t.Context(), git(fileURL(onDisk(t, library())), "main"), both(), Options{})
	wantError(t, err, "there is no git repository", "named by directory")
	_, err = Fetch(t.Context(), git("file:///no/such/place", "main"), both(), Options{})
	wantError(t, err, "fetch file:///no/such/place: open repository: no such file or directory")
	_, err = Fetch(t.Context(), git(fileURL(onDisk(t, with(library(), map[string]string{".git": "rubbish"}))), "main"), both(), Options{})
	wantError(t, err, "names no gitdir")
}

func TestGitLocalUnreadableFormats(t *testing.T) {
	for key, value := range map[string]string{"objectFormat": "sha256", "refStorage": "reftable"} {
		dir := t.TempDir()
		onDiskRepo(t, dir).fill()
		text := "[core]\n\trepositoryformatversion = 1\n[extensions]\n\t" + strings.ToLower(key) + " = " + value + "\n"
		if err := os.WriteFile(filepath.Join(dir, "config"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Fetch(t.Context(), git(fileURL(dir), "main"), both(), Options{})
		wantError(t, err, "its "+key+" is "+value, "check the version out")
	}
}

func TestGitLocalDamaged(t *testing.T) {
	dir := t.TempDir()
	r := onDiskRepo(t, dir)
	r.fill()
	victim := r.object(plumbing.BlobObject, []byte(clusterPolicy("no-root"))).String()
	other := r.object(plumbing.BlobObject, []byte(clusterPolicy("evil"))).String()
	at := func(h string) string { return filepath.Join(dir, "objects", h[:2], h[2:]) }
	data, err := os.ReadFile(at(other))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(at(victim)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at(victim), data, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Fetch(t.Context(), git(fileURL(dir), "main"), both(), Options{})
	wantError(t, err, "base/no-root/no-root.yaml", victim, "damaged")
	damage(t, at(victim))
	_, err = Fetch(t.Context(), git(fileURL(dir), "main"), both(), Options{})
	wantError(t, err, "base/no-root/no-root.yaml", victim)
}

func TestGitHostileTrees(t *testing.T) {
	tests := []struct {
		name  string
		entry func(r repo, blob plumbing.Hash) object.TreeEntry
		words []string
	}{
		{"a link", func(r repo, _ plumbing.Hash) object.TreeEntry {
			return object.TreeEntry{Name: "base/out.yaml", Mode: filemode.Symlink, Hash: r.object(plumbing.BlobObject, []byte("../../etc/passwd"))}
		}, []string{"base/out.yaml: it is a symbolic link, which is refused"}},
		{"a submodule", func(_ repo, blob plumbing.Hash) object.TreeEntry {
			return object.TreeEntry{Name: "base/sub", Mode: filemode.Submodule, Hash: blob}
		}, []string{"base/sub: it is a git submodule, which is refused", "submodule's own repository"}},
		{"the way up", func(r repo, blob plumbing.Hash) object.TreeEntry {
			up := r.treeOf(object.TreeEntry{Name: "evil.yaml", Mode: filemode.Regular, Hash: blob})
			return object.TreeEntry{Name: "base/..", Mode: filemode.Dir, Hash: up}
		}, []string{`a file named ".."`}},
		{"a path as a name", func(_ repo, blob plumbing.Hash) object.TreeEntry {
			return object.TreeEntry{Name: "base/../../evil.yaml", Mode: filemode.Regular, Hash: blob}
		}, []string{`a file named "../../evil.yaml"`}},
		{"an absolute name", func(_ repo, blob plumbing.Hash) object.TreeEntry {
			return object.TreeEntry{Name: "base//etc/evil.yaml", Mode: filemode.Regular, Hash: blob}
		}, []string{`a file named "/etc/evil.yaml"`}},
		{"a backslash", func(_ repo, blob plumbing.Hash) object.TreeEntry {
			return object.TreeEntry{Name: `base/..\evil.yaml`, Mode: filemode.Regular, Hash: blob}
		}, []string{`a file named "..\\evil.yaml"`}},
		{"not UTF-8", func(_ repo, blob plumbing.Hash) object.TreeEntry {
			return object.TreeEntry{Name: "base/\xff.yaml", Mode: filemode.Regular, Hash: blob}
		}, []string{`"\xff.yaml"`}},
		{"a repository", func(r repo, blob plumbing.Hash) object.TreeEntry {
			in := r.treeOf(object.TreeEntry{Name: "config", Mode: filemode.Regular, Hash: blob})
			return object.TreeEntry{Name: "base/.GIT", Mode: filemode.Dir, Hash: in}
		}, []string{`a file named ".GIT"`}},
		{"the same name twice", func(_ repo, blob plumbing.Hash) object.TreeEntry {
			return object.TreeEntry{Name: "base/no-root", Mode: filemode.Regular, Hash: blob}
		}, []string{`read base: the tree holds "no-root" twice`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			r := onDiskRepo(t, dir)
			blob := r.object(plumbing.BlobObject, []byte(clusterPolicy("evil")))
			r.ref(heads+"main", r.commit(r.files(library(), tt.entry(r, blob))))
			_, err := Fetch(t.Context(), git(fileURL(dir), "main"), both(), Options{})
			wantError(t, err, tt.words...)
			// The same beside the selected folders is no business of ours.
			root := r.files(library(), object.TreeEntry{Name: "elsewhere/link", Mode: filemode.Symlink, Hash: blob})
			r.ref(heads+"main", r.commit(root))
			mustFetch(t, git(fileURL(dir), "main"), both(), Options{})
		})
	}
}

func TestGitTooBig(t *testing.T) {
	dir := t.TempDir()
	r := onDiskRepo(t, dir)
	big := r.object(plumbing.BlobObject, make([]byte, maxFile+1))
	r.ref(heads+"main", r.commit(r.files(library(), object.TreeEntry{Name: "base/big.yaml", Mode: filemode.Regular, Hash: big})))
	_, err := Fetch(t.Context(), git(fileURL(dir), "main"), both(), Options{})
	wantError(t, err, "base/big.yaml: it is larger than 16 MiB")
}

func TestGitLinkedFolder(t *testing.T) {
	dir := t.TempDir()
	r := onDiskRepo(t, dir)
	link := object.TreeEntry{Name: "linked", Mode: filemode.Symlink, Hash: r.object(plumbing.BlobObject, []byte("base"))}
	r.ref(heads+"main", r.commit(r.files(library(), link)))
	for _, sel := range []string{"linked", "linked/no-root"} {
		_, err := Fetch(t.Context(), git(fileURL(dir), "main"), project.Select{policy.Other: {Paths: []string{sel}}}, Options{})
		wantError(t, err, "linked: it is a symbolic link, which is refused")
	}
}
