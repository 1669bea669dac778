package project

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// The type that vapchart.yaml declares itself to be.
const (
	APIVersion = "vapchart.dev/v1alpha1"
	Kind       = "Project"
)

// project is vapchart.yaml as it is written.
type project struct {
	APIVersion string    `yaml:"apiVersion"`
	Kind       string    `yaml:"kind"`
	Upstream   upstream  `yaml:"upstream"`
	Standard   Standard  `yaml:"standard"`
	Chart      Chart     `yaml:"chart"`
	Clusters   []Cluster `yaml:"clusters"`
}

type upstream struct {
	Git       *Git                `yaml:"git"`
	Directory *Directory          `yaml:"directory"`
	Builtin   *Builtin            `yaml:"builtin"`
	Select    map[string][]string `yaml:"select"`
}

// Read decodes and validates a project file; name is used in errors only. The
// error joins everything that is wrong with the file, each with its line.
func Read(name string, data []byte) (Plan, error) {
	doc, err := manifest.One(name, data)
	if err != nil {
		return Plan{}, fmt.Errorf("read project: %w", err)
	}
	p := project{Standard: StandardStrict, Chart: Chart{Name: "pod-security", Version: "0.1.0"}}
	if err := doc.Decode(&p); err != nil {
		return Plan{}, fmt.Errorf("read project: %w", err)
	}
	plan := Plan{
		Upstream: Upstream{Git: p.Upstream.Git, Directory: p.Upstream.Directory, Builtin: p.Upstream.Builtin},
		Select:   folders(p.Upstream.Select),
		Standard: p.Standard,
		Chart:    p.Chart,
		Clusters: p.Clusters,
	}
	if plan.Upstream == (Upstream{}) {
		plan.Upstream.Builtin = &Builtin{}
	}
	if p.Upstream.Select == nil {
		plan.Select = DefaultSelect()
	}
	c := checker{doc: doc}
	c.header(p)
	c.upstream(p.Upstream)
	c.rest(plan)
	return plan, errors.Join(c.errs...)
}

// DefaultSelect is what is taken where the project file has no selection: the
// folders of Kyverno's library in which the built-in library is laid out too.
func DefaultSelect() Select {
	return Select{
		policy.Baseline:   {Paths: []string{"pod-security-cel/baseline"}},
		policy.Restricted: {Paths: []string{"pod-security-cel/restricted"}},
	}
}

// folders splits the entries of a select list into folders and, with a leading
// dash, policies left out.
func folders(in map[string][]string) Select {
	out := Select{}
	for profile, entries := range in {
		var f Folders
		for _, e := range entries {
			if name, ok := strings.CutPrefix(e, "-"); ok {
				f.Without = append(f.Without, name)
				continue
			}
			f.Paths = append(f.Paths, strings.TrimSuffix(e, "/"))
		}
		out[policy.Profile(profile)] = f
	}
	return out
}
