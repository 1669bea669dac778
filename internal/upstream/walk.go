package upstream

import (
	"context"
	"fmt"
	"path"
	"strings"
)

// walk takes the policies of a folder and of those in it.
func (w *walker) walk(ctx context.Context, dir string) {
	for _, e := range w.entries(ctx, dir) {
		name := path.Join(dir, e.name)
		switch {
		case !w.allowed(dir, e):
		case e.kind == folder && isTests(e.name):
			w.takeAll(ctx, name)
		case e.kind == folder && strings.HasPrefix(e.name, "."):
			w.leaveOut(name, "a hidden folder")
		case e.kind == folder:
			w.walk(ctx, name)
		default:
			w.sort(ctx, name)
		}
	}
}

// entries gives the entries of a folder the first time it is asked, none later.
func (w *walker) entries(ctx context.Context, dir string) []entry {
	if w.walked[dir] || ctx.Err() != nil {
		return nil
	}
	w.walked[dir] = true
	found, err := w.src.list(dir)
	if err != nil {
		w.errs = append(w.errs, err)
		return nil
	}
	return found
}

// sort takes a file or says why not.
func (w *walker) sort(ctx context.Context, name string) {
	base := path.Base(name)
	switch {
	case isKustomization(base):
	case isLegal(base), isHub(base):
		w.take(ctx, name)
	case !isYAML(base):
		w.leaveOut(name, "not YAML")
	default:
		if data, ok := w.take(ctx, name); ok {
			w.takePolicy(name, data)
		}
	}
}

func (w *walker) takePolicy(name string, data []byte) {
	c, err := classify(name, data)
	switch {
	case err != nil:
		w.errs = append(w.errs, err)
	case c.isPolicy:
		w.got.policies[name] = c.names
	default:
		delete(w.got.files, name)
		w.leaveOut(name, c.instead)
	}
}

// takeAll takes every file below a folder of tests.
func (w *walker) takeAll(ctx context.Context, dir string) {
	for _, e := range w.entries(ctx, dir) {
		switch name := path.Join(dir, e.name); {
		case !w.allowed(dir, e):
		case e.kind == folder:
			w.takeAll(ctx, name)
		default:
			w.take(ctx, name)
		}
	}
}

func (w *walker) take(ctx context.Context, name string) ([]byte, bool) {
	if data, there := w.got.files[name]; there || ctx.Err() != nil {
		return data, there
	}
	data, err := w.src.read(name)
	if err == nil {
		err = w.got.files.Add(name, data)
	}
	if err != nil {
		w.errs = append(w.errs, err)
	}
	return data, err == nil
}

func (w *walker) leaveOut(name, why string) {
	w.got.notes = append(w.got.notes, fmt.Sprintf("left out %s: %s", name, why))
}

// allowed notes an entry that has no business in a source at all.
func (w *walker) allowed(dir string, e entry) bool {
	err := checkName(dir, e.name)
	if err == nil {
		err = refuse(path.Join(dir, e.name), e.kind)
	}
	if err != nil {
		w.errs = append(w.errs, err)
	}
	return err == nil
}
