package cli

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/tree"
)

// clusterBuilder makes what is generated for each cluster. What one cluster needs
// is let go before the next begins, so that memory does not grow with their number.
type clusterBuilder struct {
	s     Streams
	p     *project
	made  tree.Tree // the chart
	tests tested
	out   *outputs

	kustomize sync.Mutex // kustomize keeps schemas for the whole process
}

// buildClusters makes the folders of all clusters. The error joins what is wrong
// with any of them.
func (b *clusterBuilder) build(ctx context.Context, clusters []config.Cluster) ([]report.Cluster, error) {
	told, errs := make([]report.Cluster, len(clusters)), make([]error, len(clusters))
	var work errgroup.Group
	work.SetLimit(goruntime.GOMAXPROCS(0))
	for i, c := range clusters {
		work.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			var err error
			if told[i], err = b.one(ctx, c); err != nil {
				errs[i] = fmt.Errorf("cluster %s: %w", c.Name, err)
			}
			return nil
		})
	}
	err := work.Wait()
	return told, errors.Join(append(errs, err)...)
}

// one makes the folders of one cluster: it renders the chart with its values, proves
// what comes out for its Kubernetes, and adds what is the operator's own.
func (b *clusterBuilder) one(ctx context.Context, c config.Cluster) (report.Cluster, error) {
	told := report.Cluster{Name: c.Name, Folder: inOverlay(c, overlay.RenderedDir)}
	values, err := clusterValues(b.s, b.p, c)
	if err != nil {
		return told, err
	}
	rendered, err := chart.Render(b.made, values, chart.Release{Name: defaultRelease, Namespace: defaultRelease, Kubernetes: c.Kubernetes})
	if err != nil {
		return told, err
	}
	objs, err := loadChecked(rendered.Objects, c.Kubernetes)
	if err != nil {
		return told, err
	}
	files, err := overlay.Rendered(rendered.Objects, nil)
	if err != nil {
		return told, err
	}
	told.Objects = len(rendered.Objects)
	objs, changes, err := b.patched(c, files, rendered.Objects, objs)
	if err != nil {
		return told, err
	}
	told.Changes = changesOf(changes)
	tests, reported, err := b.tests.tests(ctx, inOverlay(c, chainsawDir), values, nil, objs, c.Kubernetes)
	if err != nil {
		return told, err
	}
	told.Tests = reported
	return told, errors.Join(b.out.put(ctx, generated{told.Folder, files}), b.out.put(ctx, tests))
}

// patched gives the objects as the operator's kustomization leaves them, and what
// it changes.
func (b *clusterBuilder) patched(c config.Cluster, files tree.Tree, rendered []manifest.Document, objs *admission.Objects) (*admission.Objects, []overlay.Change, error) {
	own, ok, err := overlay.Read(b.p.path(overlaysDir, c.Name))
	switch {
	case err != nil:
		return nil, nil, err
	case !ok:
		b.s.note("%s/%s has no kustomization.yaml; `vapchart cluster add %s` begins one", overlaysDir, c.Name, c.Name)
		return objs, nil, nil
	case own.Plain():
		return objs, nil, nil
	}
	b.kustomize.Lock()
	after, err := own.Build(files)
	b.kustomize.Unlock()
	if err != nil {
		return nil, nil, err
	}
	changes, err := overlay.Compare(rendered, after)
	if err != nil {
		return nil, nil, err
	}
	objs, err = loadChecked(after, c.Kubernetes)
	return objs, changes, err
}

// loadChecked reads rendered objects and holds them to what an API server of the
// version takes.
func loadChecked(docs []manifest.Document, kubernetes string) (*admission.Objects, error) {
	objs, err := admission.Load(docs)
	if err != nil {
		return nil, err
	}
	return objs, checkObjects(objs, []string{kubernetes})
}

// changesOf words what a kustomization changes.
func changesOf(changes []overlay.Change) []report.Change {
	const most = 60 // letters of a value: enough to know it by
	short := func(text string) string {
		switch letters := []rune(text); {
		case text == "":
			return "nothing"
		case len(letters) > most:
			return string(letters[:most]) + "…"
		default:
			return text
		}
	}
	var out []report.Change
	for _, c := range changes {
		told := report.Change{Object: c.Kind + " " + c.Name, Weakens: c.Weakens}
		switch {
		case c.Added:
			told.What = "added"
		case c.Removed:
			told.What = "removed"
		default:
			var parts []string
			for _, f := range c.Fields {
				parts = append(parts, f.Path+" was "+short(f.Before)+", is "+short(f.After))
			}
			told.What = strings.Join(parts, "; ")
		}
		out = append(out, told)
	}
	return out
}
