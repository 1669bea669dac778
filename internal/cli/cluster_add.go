package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

type clusterFlags struct {
	group      string
	kubernetes string
}

// newCluster is the verb for clusters, which has no work of its own.
func newCluster(s Streams, p *project) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cluster",
		Short: "add a cluster to the project",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newClusterAdd(s, p))
	return cmd
}

func newClusterAdd(s Streams, p *project) *cobra.Command {
	var f clusterFlags
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "list a cluster in vapchart.yaml and begin its overlay",
		Long: `add lists a cluster in ` + projectFile + `, at the end and with all else as it is, and
writes the files by hand that its overlay begins with: ` + overlaysDir + `/NAME/values.yaml and
kustomization.yaml, and ` + overlaysDir + `/GROUP/values.yaml for a group that is new. A file that
is there is kept. Of a cluster that is listed it writes the files that are missing.

Without --kubernetes the cluster gets the version that all other clusters of its
group have, or else the newest that the tool knows.

It does all of this or nothing. Exit codes: 0 done, 1 failed, 2 usage.`,
		Example: `  vapchart cluster add eqiad --group main
  vapchart cluster add staging --kubernetes 1.34`,
		Args: clusterAnd(0),
		RunE: func(cmd *cobra.Command, args []string) error { return addCluster(cmd.Context(), s, p, f, args[0]) },
	}
	cmd.Flags().StringVar(&f.group, "group", "", "`name` of the clusters that it shares values with")
	cmd.Flags().StringVar(&f.kubernetes, "kubernetes", "", "minor `version` of the cluster, such as "+admission.Newest())
	return cmd
}

// addCluster names the stages: what to list, which files are missing, and both
// written. The list comes last: a run that is killed before leaves files that the
// next run keeps, and never a cluster without files.
func addCluster(ctx context.Context, s Streams, p *project, f clusterFlags, name string) error {
	plan, text, err := p.load()
	if err != nil {
		return err
	}
	next, err := planCluster(plan, f, name)
	if err != nil {
		return err
	}
	var changed []byte
	if !next.listed {
		if changed, err = config.AddCluster(filepath.ToSlash(p.path(projectFile)), text, next.Cluster); err != nil {
			return err
		}
	}
	begin, err := startFiles(p, next)
	if err != nil {
		return fmt.Errorf("add cluster %s: %w", name, err)
	}
	if next.listed && len(begin.missing) == 0 {
		return policy.WithHint(fmt.Errorf("add cluster %s: %s lists it, and no file of it is missing", name, projectFile),
			"vapchart values "+name+" shows what it has")
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	var t tree.Transaction
	t.Create(p.path(overlaysDir), begin.missing)
	if changed != nil {
		err = t.File(p.path(projectFile), changed)
	}
	if err == nil {
		err = t.Commit()
	}
	if err = errors.Join(err, t.Discard()); err != nil {
		return fmt.Errorf("add cluster %s: %w", name, err)
	}
	return tellAdded(s, next, begin)
}

// nextCluster is the cluster to add, and how it came to its version.
type nextCluster struct {
	config.Cluster
	listed   bool // it stands in vapchart.yaml already
	newGroup bool // no cluster of vapchart.yaml is in its group
	why      string
}

// startSet is the files that an overlay begins with.
type startSet struct {
	missing tree.Tree // to write
	kept    []string  // those that are there
	note    string    // on the latter; may be empty
}

// startFiles looks which files of an overlay are there. A kustomization may have
// another of the names that kustomize knows.
func startFiles(p *project, c nextCluster) (out startSet, err error) {
	files, err := overlay.StartCluster(c.Name, c.Group)
	if err != nil {
		return out, err
	}
	if c.newGroup {
		group, err := overlay.StartGroup(c.Group)
		if err != nil {
			return out, err
		}
		if err := files.Merge(".", group); err != nil {
			return out, err
		}
	}
	own, ok, err := overlay.Read(p.path(overlaysDir, c.Name))
	if err != nil {
		return out, err
	}
	if ok {
		delete(files, path.Join(c.Name, overlay.Kustomization))
		out.kept = append(out.kept, path.Join(c.Name, path.Base(own.File())))
	}
	for _, name := range files.Paths() {
		_, err := os.Lstat(p.path(overlaysDir, filepath.FromSlash(name)))
		var inner *fs.PathError
		switch {
		case err == nil:
			out.kept = append(out.kept, name)
			delete(files, name)
		case errors.Is(err, fs.ErrNotExist):
		case errors.As(err, &inner):
			return out, fmt.Errorf("look for %s/%s: %w", overlaysDir, name, inner.Err)
		default:
			return out, err
		}
	}
	if ok && !own.NamesRendered() {
		out.note = fmt.Sprintf("%s does not name %s below resources, so the cluster would get nothing of the chart", own.File(), overlay.RenderedDir)
	}
	out.missing = files
	return out, nil
}

// tellAdded says what was done and what comes next.
func tellAdded(s Streams, c nextCluster, begin startSet) error {
	var errs []error
	tell := func(verb, format string, args ...any) {
		errs = append(errs, s.result("%-10s "+format, append([]any{verb}, args...)...))
	}
	group := "no group"
	if c.Group != "" {
		group = "group " + c.Group
	}
	if c.listed {
		tell("listed", "%s in %s already: %s, kubernetes %s", c.Name, projectFile, group, c.Kubernetes)
	} else {
		tell("added", "%s to %s: %s, kubernetes %s%s", c.Name, projectFile, group, c.Kubernetes, c.why)
	}
	for _, name := range begin.missing.Paths() {
		tell("wrote", "%s", path.Join(overlaysDir, name))
	}
	for _, name := range begin.kept {
		tell("kept", "%s, which was there", path.Join(overlaysDir, name))
	}
	own := path.Join(c.Name, overlay.ValuesFile)
	if begin.note != "" {
		s.note("%s", begin.note)
	}
	if _, wrote := begin.missing[own]; wrote {
		tell("next", "write what is different here into %s, then run vapchart build", path.Join(overlaysDir, own))
	} else {
		tell("next", "run vapchart build")
	}
	return errors.Join(errs...)
}
