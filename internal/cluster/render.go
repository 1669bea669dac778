// Package cluster owns what one cluster gets: the chart, rendered with the values of
// the cluster, as the cluster's own kustomization leaves it. It reads the files that
// this takes, keeps renderings in a cache, checks the objects by the limits of the API,
// and begins the files of a new cluster.
//
// Errors name the file, the cluster or the object. That there is no chart is NoChart.
package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
)

// Objects gives what the overlay of a cluster comes to with these values: the
// chart's objects as the operator's kustomization leaves them. Namespaces, which only
// build can label, are as the last build left them.
func Objects(p *project.Project, cache Cache, files tree.Tree, values map[string]any, c project.Cluster, kubernetes string) (*admission.Objects, error) {
	rendered, err := cache.Render(files, values, ReleaseOn(kubernetes))
	if err != nil {
		return nil, err
	}
	own, ok, err := overlay.Read(p.Path(project.OverlaysDir, c.Name))
	if err != nil {
		return nil, err
	}
	if !ok || own.Plain() {
		return admission.Load(rendered.Objects)
	}
	last, err := tree.ReadIfThere(p.Path(project.OverlaysDir, c.Name, overlay.RenderedDir))
	if err != nil {
		return nil, err
	}
	namespaces, err := overlay.Namespaces(last)
	if err != nil {
		return nil, err
	}
	generated, err := overlay.Rendered(rendered.Objects, namespaces)
	if err != nil {
		return nil, err
	}
	built, err := own.Build(generated)
	if err != nil {
		return nil, err
	}
	return admission.Load(built)
}

// Release is the name under which the documents install the chart.
const Release = "pod-security"

// ReleaseOn is that release in a cluster of some version.
func ReleaseOn(kubernetes string) chart.Release {
	return chart.Release{Name: Release, Namespace: Release, Kubernetes: kubernetes}
}

// Render renders a chart and reads what it gives.
func Render(files tree.Tree, values map[string]any, kubernetes string) (*admission.Objects, error) {
	return RenderRelease(files, values, kubernetes, Release)
}

// RenderRelease is Render for a release of some name.
func RenderRelease(files tree.Tree, values map[string]any, kubernetes, release string) (*admission.Objects, error) {
	rendered, err := chart.Render(files, values, chart.Release{Name: release, Namespace: release, Kubernetes: kubernetes})
	if err != nil {
		return nil, err
	}
	return LoadRendered(rendered)
}

// LoadRendered reads the objects that a chart rendered.
func LoadRendered(rendered chart.Rendered) (*admission.Objects, error) {
	objs, err := admission.Load(rendered.Objects)
	if err != nil {
		return nil, fmt.Errorf("read rendered chart: %w", err)
	}
	return objs, nil
}

// NoChart is that there is no chart where one is looked for.
type NoChart struct{ error }

// ReadChart reads the chart in a folder, by default the project's own.
func ReadChart(p *project.Project, folder string) (tree.Tree, error) {
	hint := "name the folder of a chart with --chart"
	if folder == "" {
		plan, _, err := p.Load()
		if err != nil {
			return nil, err
		}
		folder, hint = p.Path(project.ChartsDir, plan.Chart.Name), "run `vapchart build`, or name another chart with --chart"
	}
	files, err := tree.Read(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, policy.WithHint(NoChart{fmt.Errorf("read chart: no folder %s", filepath.ToSlash(folder))}, hint)
	}
	if err != nil {
		return nil, fmt.Errorf("read chart: %w", err)
	}
	return files, nil
}
