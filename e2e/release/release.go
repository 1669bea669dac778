// Package release installs a chart into a cluster with Helm's own code, as the
// helm command does. All verbs wait for the API server, and none for what the
// objects do afterwards.
package release

import (
	"context"
	"fmt"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
)

// Release is one release of a chart. Make it with New.
type Release struct {
	name, namespace string
	config          *action.Configuration
}

// New names a release in a namespace of the cluster that the kubeconfig is for.
// Requests are sent as fast as they are answered. The helm command slows down after
// a hundred; what changes between two states of a release then comes less close
// together, which is the easier case.
func New(kubeconfig, namespace, name string) (*Release, error) {
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig, flags.Namespace = &kubeconfig, &namespace
	flags.WrapConfigFn = func(c *rest.Config) *rest.Config {
		c.QPS = -1
		return c
	}
	config := new(action.Configuration)
	if err := config.Init(flags, namespace, "secret", func(string, ...any) {}); err != nil {
		return nil, fmt.Errorf("reach cluster: %w", err)
	}
	return &Release{name: name, namespace: namespace, config: config}, nil
}

// Install installs the chart in a folder; its namespace is made if need be.
func (r *Release) Install(ctx context.Context, folder string, values map[string]any) error {
	chart, err := loader.Load(folder)
	if err != nil {
		return fmt.Errorf("load chart: %w", err)
	}
	install := action.NewInstall(r.config)
	install.ReleaseName, install.Namespace, install.CreateNamespace = r.name, r.namespace, true
	if _, err := install.RunWithContext(ctx, chart, values); err != nil {
		return fmt.Errorf("install %s: %w", r.name, err)
	}
	return nil
}

// Upgrade brings the release to the chart in a folder and to the values, both
// whole: nothing of the former values is kept.
func (r *Release) Upgrade(ctx context.Context, folder string, values map[string]any) error {
	chart, err := loader.Load(folder)
	if err != nil {
		return fmt.Errorf("load chart: %w", err)
	}
	upgrade := action.NewUpgrade(r.config)
	upgrade.Namespace, upgrade.ResetValues = r.namespace, true
	if _, err := upgrade.RunWithContext(ctx, r.name, chart, values); err != nil {
		return fmt.Errorf("upgrade %s: %w", r.name, err)
	}
	return nil
}

// Rollback brings the release back to the revision before the present one.
func (r *Release) Rollback() error {
	if err := action.NewRollback(r.config).Run(r.name); err != nil {
		return fmt.Errorf("roll back %s: %w", r.name, err)
	}
	return nil
}

// Uninstall removes the release and its history, if it is there.
func (r *Release) Uninstall() error {
	uninstall := action.NewUninstall(r.config)
	uninstall.IgnoreNotFound = true
	if _, err := uninstall.Run(r.name); err != nil {
		return fmt.Errorf("uninstall %s: %w", r.name, err)
	}
	return nil
}
