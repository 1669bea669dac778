package project

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// oldest is the first Kubernetes minor whose ValidatingAdmissionPolicy is v1.
const oldest = 30

// commonFolder is the folder under overlays/ for what all clusters share.
const commonFolder = "common"

// checker collects everything that is wrong with one file.
type checker struct {
	doc  manifest.Document
	errs []error
}

func (c *checker) add(path []any, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("read project: %w",
		&manifest.Error{File: c.doc.File, Line: c.doc.LineOf(path...), Msg: fmt.Sprintf(format, args...)}))
}

func (c *checker) header(p project) {
	if p.APIVersion != APIVersion || p.Kind != Kind {
		c.add([]any{"apiVersion"}, "apiVersion and kind are %q and %q, want %s and %s",
			p.APIVersion, p.Kind, APIVersion, Kind)
	}
}

func (c *checker) upstream(u upstream) {
	set := 0
	for _, there := range []bool{u.Git != nil, u.Directory != nil, u.Builtin != nil} {
		if there {
			set++
		}
	}
	if set > 1 {
		c.add([]any{"upstream"}, "upstream names %d sources, want one of git, directory, builtin", set)
	}
	if u.Git != nil {
		if u.Git.URL == "" || u.Git.Ref == "" {
			c.add([]any{"upstream", "git"}, "upstream.git needs url and ref")
		}
		scheme, _, ok := strings.Cut(u.Git.URL, "://")
		if u.Git.URL != "" && (!ok || !slices.Contains([]string{"https", "http", "file"}, scheme)) {
			c.add([]any{"upstream", "git", "url"}, "upstream.git.url begins with none of https://, http:// and file://")
		}
	}
	if u.Directory != nil && u.Directory.Path == "" {
		c.add([]any{"upstream", "directory"}, "upstream.directory needs path")
	}
	c.selection(u.Select)
}

func (c *checker) selection(sel map[string][]string) {
	taken := map[string]string{}
	paths := 0
	for _, profile := range slices.Sorted(maps.Keys(sel)) {
		if !slices.Contains(Profiles(), policy.Profile(profile)) {
			c.add([]any{"upstream", "select", profile}, "upstream.select.%s is no profile, want baseline, restricted or other", profile)
			continue
		}
		for i, e := range sel[profile] {
			at := []any{"upstream", "select", profile, i}
			if strings.HasPrefix(e, "-") {
				continue
			}
			paths++
			clean := strings.TrimSuffix(e, "/")
			if !fs.ValidPath(clean) {
				c.add(at, "upstream.select.%s holds %q, want a folder inside the source", profile, e)
			}
			if first, ok := taken[clean]; ok {
				c.add(at, "upstream.select.%s holds %q, which %s holds already", profile, e, first)
			}
			taken[clean] = profile
		}
	}
	if sel != nil && paths == 0 {
		c.add([]any{"upstream", "select"}, "upstream.select names no folder")
	}
}

func (c *checker) rest(p Plan) {
	if p.Standard != StandardStrict && p.Standard != StandardUpstream {
		c.add([]any{"standard"}, "standard is %q, want %s or %s", p.Standard, StandardStrict, StandardUpstream)
	}
	if msgs := validation.IsDNS1123Label(p.Chart.Name); len(msgs) > 0 {
		c.add([]any{"chart", "name"}, "chart.name is %q: %s", p.Chart.Name, strings.Join(msgs, ", "))
	}
	if _, err := semver.StrictNewVersion(p.Chart.Version); err != nil {
		c.add([]any{"chart", "version"}, "chart.version is %q: %v", p.Chart.Version, err)
	}
	c.clusters(p.Clusters)
}

func (c *checker) clusters(clusters []Cluster) {
	seen, groups := map[string]bool{}, map[string]bool{commonFolder: true}
	for _, cl := range clusters {
		groups[cl.Group] = true
	}
	for i, cl := range clusters {
		at := []any{"clusters", i}
		if msgs := validation.IsDNS1123Label(cl.Name); len(msgs) > 0 {
			c.add(at, "clusters[%d].name is %q: %s", i, cl.Name, strings.Join(msgs, ", "))
		}
		if seen[cl.Name] {
			c.add(at, "clusters[%d].name %q is there twice", i, cl.Name)
		}
		seen[cl.Name] = true
		if groups[cl.Name] && cl.Name != "" {
			c.add(at, "clusters[%d].name is %q: overlays/%s is for the values that clusters share", i, cl.Name, cl.Name)
		}
		if msgs := validation.IsDNS1123Label(cl.Group); cl.Group != "" && len(msgs) > 0 {
			c.add(at, "clusters[%d].group is %q: %s", i, cl.Group, strings.Join(msgs, ", "))
		}
		if cl.Group == commonFolder {
			c.add(at, "clusters[%d].group is %q: overlays/%s is for the values that all clusters share", i, cl.Group, cl.Group)
		}
		if minor, ok := policy.Minor(cl.Kubernetes); !ok || minor < oldest {
			c.add(append(at, "kubernetes"), "clusters[%d].kubernetes is %q, want a minor version from 1.%d on, such as \"1.33\"",
				i, cl.Kubernetes, oldest)
		}
	}
}
