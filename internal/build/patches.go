package build

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/overlay"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
)

// patched applies the operator's own kustomization to the objects of a cluster, holds
// what comes out to its API server, and tells what it changes: in the objects, and in
// what they answer.
func (b *clusterBuilder) patched(ctx context.Context, c project.Cluster, whole values.Values, files tree.Tree,
	before *admission.Objects, told *Cluster,
) (*admission.Objects, error) {
	own, ok, err := overlay.Read(b.p.Path(project.OverlaysDir, c.Name))
	switch {
	case err != nil:
		return nil, err
	case !ok:
		b.s.Note("%s/%s has no kustomization.yaml; `vapchart cluster add %s` begins one", project.OverlaysDir, c.Name, c.Name)
		return before, nil
	case own.Plain():
		return before, nil
	}
	b.kustomize.Lock()
	built, err := own.Build(files)
	b.kustomize.Unlock()
	if err != nil {
		return nil, err
	}
	rendered, err := overlay.Objects(files)
	if err != nil {
		return nil, err
	}
	changes, err := overlay.Compare(rendered, built)
	if err != nil || len(changes) == 0 {
		return before, err
	}
	if before, err = admission.Load(rendered); err != nil { // with the namespaces
		return nil, err
	}
	after, err := b.loadChecked(built, c.Kubernetes)
	if err != nil {
		return nil, err
	}
	b.out.keepObjects(c, built)
	told.Changes = changesOf(changes)
	told.Verdicts, err = b.answersOf(ctx, c, whole, changes, before, after)
	return after, err
}

// answersOf compares what two sets of objects answer where the values hold different
// things, and where the changes do.
func (b *clusterBuilder) answersOf(ctx context.Context, c project.Cluster, whole values.Values, changes []overlay.Change,
	before, after *admission.Objects,
) (compare.Verdicts, error) {
	samples, err := sample.Witnesses(c.Kubernetes, whole)
	if err != nil {
		return compare.Verdicts{}, err
	}
	was, err := compare.Answerer(before)
	if err != nil {
		return compare.Verdicts{}, err
	}
	is, err := compare.Answerer(after)
	if err != nil {
		return compare.Verdicts{}, err
	}
	where := compare.Namespaces(whole, whole)
	where = slices.Concat(where, namedPlaces(changes, where), relabelledPlaces(before, after))
	found, err := compare.Compare(ctx, was, is, where, samples)
	return compare.Verdicts{Comparison: found}, err
}

// changesOf words what a kustomization changes.
func changesOf(changes []overlay.Change) []Change {
	var out []Change
	for _, c := range changes {
		told := Change{Object: c.Kind + " " + c.Name, Weakens: c.Weakens}
		switch {
		case c.Added:
			told.What = "added"
		case c.Removed:
			told.What = "removed"
		default:
			var parts []string
			for _, f := range c.Fields {
				was, is := shortened(f.Before, f.After)
				parts = append(parts, f.Path+" was "+was+", is "+is)
			}
			told.What = strings.Join(parts, "; ")
		}
		out = append(out, told)
	}
	return out
}

// shortened gives as much of two values as shows how they differ: of long ones what
// is around the first difference.
func shortened(before, after string) (was, is string) {
	const most, context = 60, 20 // letters
	a, b := []rune(before), []rune(after)
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	cut := func(letters []rune) string {
		from := 0
		if len(letters) > most && same > context {
			from = min(same-context, len(letters)-1)
		}
		out := string(letters[from:min(len(letters), from+most)])
		if from > 0 {
			out = "…" + out
		}
		if from+most < len(letters) {
			out += "…"
		}
		return cmp.Or(out, "nothing")
	}
	return cut(a), cut(b)
}
