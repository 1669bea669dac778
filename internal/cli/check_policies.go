package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// renderPolicies gives the objects that an install of the chart with these
// values would create. Those of a cluster are compiled as its API server will:
// a version may not know what the newest knows.
func renderPolicies(s Streams, p *project, f checkFlags, cluster *config.Cluster) (*admission.Objects, error) {
	files, chartErr := readChart(p, f.chart)
	values, err := readValues(s, files, f.values)
	if cluster != nil {
		err = clusterError([]string{cluster.Name}, err)
	}
	if err := errors.Join(chartErr, err); err != nil {
		return nil, err
	}
	if cluster == nil {
		rendered, err := f.cache(s).render(files, values, releaseOn(f.kubernetes))
		if err != nil {
			return nil, err
		}
		return loadRendered(rendered)
	}
	objs, err := objectsOf(p, f.cache(s), files, values, *cluster, f.kubernetes)
	if err == nil {
		err = checkObjects(admission.NewChecker(), objs, []string{f.kubernetes})
	}
	return objs, clusterError([]string{cluster.Name}, err)
}

// objectsOf gives what the overlay of a cluster comes to with these values: the
// chart's objects as the operator's kustomization leaves them. Namespaces, which only
// build can label, are as the last build left them.
func objectsOf(p *project, cache renderCache, files tree.Tree, values map[string]any, c config.Cluster, kubernetes string) (*admission.Objects, error) {
	rendered, err := cache.render(files, values, releaseOn(kubernetes))
	if err != nil {
		return nil, err
	}
	own, ok, err := overlay.Read(p.path(overlaysDir, c.Name))
	if err != nil {
		return nil, err
	}
	if !ok || own.Plain() {
		return admission.Load(rendered.Objects)
	}
	last, err := tree.ReadIfThere(p.path(overlaysDir, c.Name, overlay.RenderedDir))
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

// defaultRelease is the name under which the documents install the chart.
const defaultRelease = "pod-security"

// releaseOn is that release in a cluster of some version.
func releaseOn(kubernetes string) chart.Release {
	return chart.Release{Name: defaultRelease, Namespace: defaultRelease, Kubernetes: kubernetes}
}

// renderObjects renders a chart and reads what it gives.
func renderObjects(files tree.Tree, values map[string]any, kubernetes string) (*admission.Objects, error) {
	return renderRelease(files, values, kubernetes, defaultRelease)
}

// renderRelease is renderObjects for a release of some name.
func renderRelease(files tree.Tree, values map[string]any, kubernetes, release string) (*admission.Objects, error) {
	rendered, err := chart.Render(files, values, chart.Release{Name: release, Namespace: release, Kubernetes: kubernetes})
	if err != nil {
		return nil, err
	}
	return loadRendered(rendered)
}

// loadRendered reads the objects that a chart rendered.
func loadRendered(rendered chart.Rendered) (*admission.Objects, error) {
	objs, err := admission.Load(rendered.Objects)
	if err != nil {
		return nil, fmt.Errorf("read rendered chart: %w", err)
	}
	return objs, nil
}

// noChart is that there is no chart where one is looked for.
type noChart struct{ error }

// readChart reads the chart in a folder, by default the project's own.
func readChart(p *project, folder string) (tree.Tree, error) {
	hint := "name the folder of a chart with --chart"
	if folder == "" {
		plan, _, err := p.load()
		if err != nil {
			return nil, err
		}
		folder, hint = p.path(chartsDir, plan.Chart.Name), "run `vapchart build`, or name another chart with --chart"
	}
	files, err := tree.Read(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, policy.WithHint(noChart{fmt.Errorf("read chart: no folder %s", filepath.ToSlash(folder))}, hint)
	}
	if err != nil {
		return nil, fmt.Errorf("read chart: %w", err)
	}
	return files, nil
}
