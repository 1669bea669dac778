package cli

import (
	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/project"
)

// addCompletion adds the verb that writes scripts for shells, and says what the
// arguments and flags of every verb complete to. Only verify takes a file.
func addCompletion(root *cobra.Command, p *project.Project) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			// Of itself cobra takes a shell that it does not know for a cry for help.
			cmd.Short, cmd.Args = "scripts by which shells complete names", noArgs
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			for _, shell := range cmd.Commands() {
				shell.Short, shell.Args = "the script for "+shell.Name(), noArgs
			}
		}
	}
	completeBelow(root, clusterNames(p))
}

// completeBelow lets --cluster and the argument of values complete to clusters.
func completeBelow(cmd *cobra.Command, clusters cobra.CompletionFunc) {
	switch cmd.Name() {
	case "values":
		cmd.ValidArgsFunction = clusters
	case "verify":
	default:
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	if cmd.Flags().Lookup("cluster") != nil {
		// It fails only for a flag that is not there or that has one already.
		_ = cmd.RegisterFlagCompletionFunc("cluster", func(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return clusters(cmd, nil, begun)
		})
	}
	for _, sub := range cmd.Commands() {
		completeBelow(sub, clusters)
	}
}

// clusterNames completes the first argument to the clusters of the project. Where
// there is none, or it has errors, it offers what could be read.
func clusterNames(p *project.Project) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) (out []cobra.Completion, _ cobra.ShellCompDirective) {
		if len(args) == 0 {
			plan, _, _ := p.Load()
			for _, c := range plan.Clusters {
				out = append(out, cobra.CompletionWithDesc(c.Name, "Kubernetes "+c.Kubernetes))
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}
