package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// local refuses what kustomize would fetch: it takes addresses for files and
// folders, and runs git for what looks like a repository. It gives this kustomization
// and all by hand that it names. Fields that kustomize has replaced are refused too.
func (o Overlay) local(generated tree.Tree) ([]Overlay, error) {
	fs, err := newLayered(o.dir, generated)
	if err != nil {
		return nil, o.failed(err)
	}
	var all []Overlay
	seen := map[string]bool{}
	var errs []error
	var visit visitor
	visit = func(part Overlay) {
		dir, file, text, k := part.dir, part.file, part.text, part.content
		if seen[dir] {
			return
		}
		seen[dir] = true
		errs = append(errs, part.outdated())
		if dir != filepath.Join(o.dir, RenderedDir) {
			all = append(all, part)
		}
		for _, name := range files(k) {
			if remote(name) {
				errs = append(errs, remoteError(file, text, name))
			}
		}
		for _, name := range slices.Concat(k.Resources, k.Components) {
			full := filepath.Join(dir, name)
			switch {
			case remote(name) || !fs.Exists(full):
				errs = append(errs, remoteError(file, text, name))
			case fs.IsDir(full):
				errs = append(errs, below(fs, full, path.Join(path.Dir(file), name), visit))
			}
		}
	}
	visit(o)
	return all, errors.Join(errs...)
}

// visitor looks at a kustomization and those that it names.
type visitor func(part Overlay)

// below visits the kustomization of a folder that another one names; errors name the
// folder as shown.
func below(fs layered, dir, shown string, visit visitor) error {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		file := filepath.Join(dir, name)
		if !fs.Exists(file) {
			continue
		}
		text, err := fs.ReadFile(file)
		if err != nil {
			return fmt.Errorf("build overlay: %w", err)
		}
		part := Overlay{dir: dir, file: path.Join(shown, name), name: name, text: text}
		if part.doc, err = manifest.One(part.file, text); err == nil {
			err = part.content.Unmarshal(text)
		}
		if err != nil {
			return part.failed(err)
		}
		part.content.FixKustomization()
		visit(part)
	}
	return nil
}

// files gives what a kustomization names that can only be a file.
func files(k types.Kustomization) []string {
	out := slices.Concat(k.Crds, k.Configurations, k.Generators, k.Transformers, k.Validators)
	for _, p := range k.Patches {
		out = append(out, p.Path)
	}
	for _, r := range k.Replacements {
		out = append(out, r.Path)
	}
	for _, c := range k.ConfigMapGenerator {
		out = append(out, slices.Concat(c.FileSources, c.EnvSources, []string{c.EnvSource})...)
	}
	for _, s := range k.SecretGenerator {
		out = append(out, slices.Concat(s.FileSources, s.EnvSources, []string{s.EnvSource})...)
	}
	return append(out, k.OpenAPI["path"])
}

// remote says whether kustomize would look for a name elsewhere than on the disk.
func remote(name string) bool {
	return regexp.MustCompile(`^[^\n]*(://|::)|^(git@|gh:|github\.com[:/])|^[\w.-]+@[\w.-]+:`).MatchString(name)
}

func remoteError(file string, text []byte, name string) error {
	before, _, _ := bytes.Cut(text, []byte(name))
	return policy.WithHint(fmt.Errorf("build overlay: %w", &manifest.Error{File: file, Line: 1 + bytes.Count(before, []byte("\n")),
		Msg: name + " is no file or folder here"}),
		"an overlay is built without the network: keep a copy in the repository")
}
