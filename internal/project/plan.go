package project

import (
	"path"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// Plan is everything vapchart.yaml says, complete and valid.
type Plan struct {
	Upstream Upstream
	Select   Select
	Standard Standard
	Chart    Chart
	Clusters []Cluster
}

// Upstream is where policies come from. Exactly one of its fields is set.
type Upstream struct {
	Git       *Git
	Directory *Directory
	Builtin   *Builtin
}

// Git is a repository and what to take from it.
type Git struct {
	URL string `yaml:"url"` // https://, http:// or file://
	Ref string `yaml:"ref"` // branch, tag or full commit hash
}

// Directory is a local copy of a policy library.
type Directory struct {
	Path string `yaml:"path"` // relative to the folder of vapchart.yaml
	Ref  string `yaml:"ref"`  // the version it is a copy of; may be empty
}

// Builtin is the library that is embedded in the tool.
type Builtin struct{}

// Select says which policies of the source are taken, and for which profile.
type Select map[policy.Profile]Folders

// Folders is what is taken for one profile: whole folders, less some policies.
type Folders struct {
	Paths   []string // slash-separated, relative to the root of the source
	Without []string // policies by metadata.name
}

// Profiles gives the profiles in the order in which they build on each other.
func Profiles() []policy.Profile {
	return []policy.Profile{policy.Baseline, policy.Restricted, policy.Other}
}

// Profile says for which profile the file at p is taken; ok is false where it
// is in no selected folder. It does not look at Without, which needs the name
// that stands in the file.
func (s Select) Profile(p string) (profile policy.Profile, ok bool) {
	for _, profile := range Profiles() {
		in := func(folder string) bool {
			return folder == "." || p == folder || strings.HasPrefix(p, path.Clean(folder)+"/")
		}
		if slices.ContainsFunc(s[profile].Paths, in) {
			return profile, true
		}
	}
	return "", false
}

// Standard says whose rule holds where upstream deviates from the Pod Security
// Standards.
type Standard string

// The two ways to treat a deviation.
const (
	StandardStrict   Standard = "strict"   // the built-in rule replaces the one that deviates
	StandardUpstream Standard = "upstream" // upstream's rules verbatim, deviations reported
)

// Chart names the chart that build writes.
type Chart struct {
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
}

// Cluster is one cluster that has a folder under overlays/.
type Cluster struct {
	Name       string `yaml:"name"`
	Group      string `yaml:"group"`
	Kubernetes string `yaml:"kubernetes"` // minor version, such as "1.33"
}
