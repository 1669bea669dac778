package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/report"
)

type chainsawFlags struct {
	cluster, out string
	force        bool
}

func newChainsaw(s Streams, p *project) *cobra.Command {
	var f chainsawFlags
	cmd := &cobra.Command{
		Use:   "chainsaw",
		Short: "write a Chainsaw suite of what one cluster enforces",
		Long: `chainsaw writes the Chainsaw tests of one cluster: of every rule and exception that
its values enforce somewhere, in the namespaces that they have, by its objects as its
kustomization leaves them. "vapchart build" writes the suite of the chart itself.

The folder is replaced as a whole. One that holds files of a person is left as it is.

Exit codes: 0 done, 1 failed, 2 usage, 3 the folder holds what was made by hand, or
the vendored policies differ from what they should be.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.cluster == "" || f.out == "" {
				return usageError{errors.New("chainsaw: name a cluster with --cluster and a folder with --out")}
			}
			suite, err := chainsawOf(cmd.Context(), s, p, f)
			if err != nil {
				return err
			}
			return suite.Text(s.Out)
		},
	}
	cmd.Flags().StringVar(&f.cluster, "cluster", "", "`name` of the cluster, as "+projectFile+" has it")
	cmd.Flags().StringVar(&f.out, "out", "", "`folder` to write")
	cmd.Flags().BoolVar(&f.force, "force", false, "replace the folder whatever it holds")
	return cmd
}

// chainsawOf names the stages.
func chainsawOf(ctx context.Context, s Streams, p *project, f chainsawFlags) (told report.Tests, err error) {
	plan, _, err := p.load()
	if err != nil {
		return told, err
	}
	cluster, err := findCluster(plan, f.cluster)
	if err != nil {
		return told, err
	}
	in, err := readProject(ctx, p, true) // as whichever build made the chart
	if err != nil {
		return told, err
	}
	input, err := chartInput(in, "")
	if err != nil {
		return told, err
	}
	files, err := chart.Build(input)
	if err != nil {
		return told, err
	}
	values, err := clusterValues(s, p, files, cluster)
	if err != nil {
		return told, clusterError([]string{cluster.Name}, err)
	}
	objs, err := objectsOf(p, renderCache{}, files, values, cluster, cluster.Kubernetes)
	if err == nil {
		err = checkObjects(admission.NewChecker(), objs, []string{cluster.Kubernetes})
	}
	if err != nil {
		return told, clusterError([]string{cluster.Name}, err)
	}
	tests, err := newTested(in, files)
	if err != nil {
		return told, err
	}
	suite, err := tests.tests(ctx, values, nil, objs, cluster.Kubernetes)
	if err != nil {
		return told, fmt.Errorf("cluster %s: %w", cluster.Name, err)
	}
	out := newOutputs(&project{}, buildFlags{force: f.force}) // the folder need not be the project's
	defer func() { err = errors.Join(err, out.Discard()) }()
	if err := out.put(ctx, generated{f.out, suite.Files}); err != nil {
		return told, err
	}
	if err := out.finish(s); err != nil {
		return told, err
	}
	return tests.tell(f.out, suite), nil
}
