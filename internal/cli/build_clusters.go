package cli

import (
	"context"
	"errors"
	goruntime "runtime"
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
	s    Streams
	p    *project
	made tree.Tree // the chart
	out  *outputs

	checker *admission.Checker // knows what other clusters have shown to compile

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
			told[i], errs[i] = b.one(ctx, c)
			return nil
		})
	}
	err := work.Wait()
	return told, errors.Join(joinClusters(clusters, errs), err)
}

// one makes the folders of one cluster: it renders the chart with its values, proves
// what comes out for its Kubernetes, and adds what is the operator's own.
func (b *clusterBuilder) one(ctx context.Context, c config.Cluster) (report.Cluster, error) {
	told := report.Cluster{Name: c.Name, Folder: inOverlay(c, "")}
	values, err := clusterValues(b.s, b.p, b.made, c)
	if err != nil {
		return told, err
	}
	release := releaseOn(c.Kubernetes)
	release.Silent = true
	rendered, err := chart.Render(b.made, values, release)
	if err != nil {
		return told, err
	}
	objs, err := b.loadChecked(rendered.Objects, c.Kubernetes)
	if err != nil {
		return told, err
	}
	whole, err := wholeValues(b.made, values)
	if err != nil {
		return told, err
	}
	labelled := wantedNamespaces(whole)
	files, err := overlay.Rendered(rendered.Objects, labelled)
	if err != nil {
		return told, err
	}
	told.Objects, told.Namespaces = len(rendered.Objects), len(labelled)
	if err := b.out.keepRendered(c, files); err != nil {
		return told, err
	}
	patched, err := b.patched(ctx, c, whole, files, objs, &told)
	if err != nil {
		return told, err
	}
	if told.BesidePSA, err = besidePSA(ctx, whole, patched, c.Kubernetes); err != nil {
		return told, err
	}
	return told, b.out.put(ctx, generated{inOverlay(c, overlay.RenderedDir), files})
}

// loadChecked reads rendered objects and holds them to what an API server of the
// version takes.
func (b *clusterBuilder) loadChecked(docs []manifest.Document, kubernetes string) (*admission.Objects, error) {
	objs, err := admission.Load(docs)
	if err != nil {
		return nil, err
	}
	return objs, checkObjects(b.checker, objs, []string{kubernetes})
}
