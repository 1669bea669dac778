package upstream

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/vapchart/vapchart/internal/policy"
)

// commitTree is the files of one commit as a source. Every object is hashed
// again when it is read, since a repository on disk may be damaged or forged.
type commitTree struct {
	objects storer.EncodedObjectStorer
	commit  plumbing.Hash
	root    plumbing.Hash
	folders map[string][]object.TreeEntry // read so far
}

// newCommitTree finds the commit that an object is or, through tags, names.
func newCommitTree(objects storer.EncodedObjectStorer, h plumbing.Hash) (*commitTree, error) {
	c := &commitTree{objects: objects, folders: map[string][]object.TreeEntry{}}
	for range 8 { // a tag may name a tag, but hardly often
		o, err := c.object(plumbing.AnyObject, h)
		if err != nil {
			return nil, err
		}
		switch o.Type() {
		case plumbing.CommitObject:
			commit, err := object.DecodeCommit(objects, o)
			if err != nil {
				return nil, fmt.Errorf("read commit %s: %w", h, err)
			}
			c.commit, c.root = h, commit.TreeHash
			return c, nil
		case plumbing.TagObject:
			tag, err := object.DecodeTag(objects, o)
			if err != nil {
				return nil, fmt.Errorf("read tag %s: %w", h, err)
			}
			h = tag.Target
		default:
			return nil, fmt.Errorf("read commit: %s is a %s", h, o.Type())
		}
	}
	return nil, fmt.Errorf("read commit: too many tags name each other, the last is %s", h)
}

func (c *commitTree) list(dir string) ([]entry, error) {
	entries, err := c.entries(dir)
	if err != nil {
		return nil, err
	}
	var out []entry
	for _, e := range entries {
		out = append(out, entry{e.Name, gitKind(e.Mode)})
	}
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(out); i++ {
		if out[i].name == out[i-1].name {
			return nil, fmt.Errorf("read %s: the tree holds %q twice", dir, out[i].name)
		}
	}
	return out, nil
}

func (c *commitTree) read(name string) ([]byte, error) {
	h, err := c.hashOf(name)
	if err != nil {
		return nil, err
	}
	size, err := c.objects.EncodedObjectSize(h)
	if err == nil && size > maxFile {
		return nil, tooBig(name)
	}
	o, err := c.object(plumbing.BlobObject, h)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return content(o)
}

// entries gives what a folder holds, in git's order.
func (c *commitTree) entries(dir string) ([]object.TreeEntry, error) {
	if e, ok := c.folders[dir]; ok {
		return e, nil
	}
	h := c.root
	if dir != "." {
		var err error
		if h, err = c.hashOf(dir); err != nil {
			return nil, err
		}
	}
	o, err := c.object(plumbing.TreeObject, h)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", dir, err)
	}
	t, err := object.DecodeTree(c.objects, o)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", dir, err)
	}
	c.folders[dir] = t.Entries
	return t.Entries, nil
}

func (c *commitTree) hashOf(name string) (plumbing.Hash, error) {
	entries, err := c.entries(path.Dir(name))
	if err != nil {
		return plumbing.ZeroHash, err
	}
	for _, e := range entries {
		if e.Name == path.Base(name) {
			return e.Hash, nil
		}
	}
	return plumbing.ZeroHash, fmt.Errorf("read %s: the commit does not hold it", name)
}

// object gives an object whose content has the hash that it goes by.
func (c *commitTree) object(t plumbing.ObjectType, h plumbing.Hash) (plumbing.EncodedObject, error) {
	o, err := c.objects.EncodedObject(t, h)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, policy.WithHint(fmt.Errorf("the repository does not hold the object %s", h),
			"a shallow or partial clone holds a part only: fetch what it lacks, or name the repository that it was cloned from")
	}
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", h, err)
	}
	data, err := content(o)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", h, err)
	}
	if plumbing.ComputeHash(o.Type(), data) != h {
		return nil, fmt.Errorf("object %s: the repository is damaged, the object has another hash", h)
	}
	return o, nil
}

func content(o plumbing.EncodedObject) ([]byte, error) {
	r, err := o.Reader()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

func gitKind(m filemode.FileMode) kind {
	switch m {
	case filemode.Dir:
		return folder
	case filemode.Symlink:
		return link
	case filemode.Submodule:
		return submodule
	case filemode.Regular, filemode.Deprecated, filemode.Executable:
		return file
	default:
		return special
	}
}
