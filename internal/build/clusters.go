package build

import (
	"context"
	"errors"
	goruntime "runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/psa"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// clusterBuilder makes what is generated for each cluster. What one cluster needs
// is let go before the next begins, so that memory does not grow with their number.
type clusterBuilder struct {
	s    term.Streams
	p    *project.Project
	made tree.Tree // the chart
	out  *Outputs

	checker *admission.Checker // knows what other clusters have shown to compile

	kustomize sync.Mutex // kustomize keeps schemas for the whole process
}

// buildClusters makes the folders of all clusters. The error joins what is wrong
// with any of them.
func (b *clusterBuilder) build(ctx context.Context, clusters []project.Cluster) ([]Cluster, error) {
	told, errs := make([]Cluster, len(clusters)), make([]error, len(clusters))
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
	return told, errors.Join(project.JoinClusters(clusters, errs), err)
}

// one makes the folders of one cluster: it renders the chart with its values, proves
// what comes out for its Kubernetes, and adds what is the operator's own.
func (b *clusterBuilder) one(ctx context.Context, c project.Cluster) (Cluster, error) {
	told := Cluster{Name: c.Name, Folder: inOverlay(c, "")}
	values, err := cluster.Values(b.s, b.p, b.made, c)
	if err != nil {
		return told, err
	}
	release := cluster.ReleaseOn(c.Kubernetes)
	release.Silent = true
	rendered, err := chart.Render(b.made, values, release)
	if err != nil {
		return told, err
	}
	objs, err := b.loadChecked(rendered.Objects, c.Kubernetes)
	if err != nil {
		return told, err
	}
	whole, err := cluster.Whole(b.made, values)
	if err != nil {
		return told, err
	}
	labelled := cluster.Namespaces(whole)
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
	if told.BesidePSA, err = psa.BesidePSA(ctx, whole, patched, c.Kubernetes); err != nil {
		return told, err
	}
	return told, b.out.put(ctx, Folder{inOverlay(c, overlay.RenderedDir), files})
}

// loadChecked reads rendered objects and holds them to what an API server of the
// version takes.
func (b *clusterBuilder) loadChecked(docs []manifest.Document, kubernetes string) (*admission.Objects, error) {
	objs, err := admission.Load(docs)
	if err != nil {
		return nil, err
	}
	return objs, cluster.Check(b.checker, objs, []string{kubernetes})
}
