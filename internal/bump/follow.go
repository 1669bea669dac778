package bump

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/build"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/project"
)

// follow finds what names a rule that the next version calls otherwise or does not
// have: in every file by hand below overlays/, and in the values given.
func (b *bumper) follow() ([]Follow, error) {
	names := newNames(b.chart)
	if len(names) == 0 {
		return nil, nil
	}
	var out []Follow
	var errs []error
	look := func(file string, clusters []string) {
		data, err := os.ReadFile(file)
		if err == nil {
			var found []Mention
			found, err = Mentions(filepath.ToSlash(file), data, names)
			for _, m := range found {
				out = append(out, Follow{Mention: m, Clusters: clusters})
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("read what names rules: %w", err))
		}
	}
	concerned := map[string][]string{} // by folder
	for _, c := range b.now.in.Plan.Clusters {
		for _, folder := range []string{project.Common, c.Group, c.Name} {
			if folder != "" {
				concerned[folder] = append(concerned[folder], c.Name)
			}
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(concerned)) {
		dir := b.p.Path(project.OverlaysDir, folder)
		if _, err := os.Stat(dir); err != nil {
			continue // a group may have nothing to say; a cluster without values fails elsewhere
		}
		files, failed := manifest.FilesBelow(dir)
		errs = append(errs, failed...)
		for _, file := range files {
			rel, err := filepath.Rel(dir, file)
			first, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
			if err == nil && path.Ext(file) != ".json" && first != "rendered" && first != build.ChainsawDir {
				look(file, concerned[folder])
			}
		}
	}
	for _, file := range b.f.Values {
		look(file, nil)
	}
	return out, errors.Join(errs...)
}

// labelled tells of clusters that bind by labels: there namespaces bear names of rules,
// which no file here may have.
func (b *bumper) labelled(scenes []*target) []Labels {
	var out []Labels
	for _, sc := range scenes {
		domain := sc.wholeIs.LabelDomain
		if !sc.wholeIs.ByLabel() {
			continue
		}
		told := Labels{Scene: sc.name}
		for _, from := range slices.Sorted(maps.Keys(newNames(b.chart))) {
			l := Label{From: domain + "/" + from}
			if to := newNames(b.chart)[from]; to != "" {
				l.To = domain + "/" + to
			}
			told.Labels = append(told.Labels, l)
		}
		if len(told.Labels) > 0 {
			out = append(out, told)
		}
	}
	return out
}
