package release

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/templates"
)

// textView is what the texts of a bundle are filled in from.
type textView struct {
	Chart, Version, Archive string
	Clusters                []textCluster
}

type textCluster struct {
	Name, Kubernetes string
	LeftOut          []LeftOut
}

// addTexts adds what people read and run: how to use the bundle, how to use its
// static flavour, and the script that verifies without the tool.
func addTexts(out tree.Tree, in Input) error {
	view := textView{Chart: in.Chart, Version: in.Version, Archive: ChartFile(in.Chart, in.Version)}
	for _, c := range in.Clusters {
		_, left, err := Static(c.Objects)
		if err != nil {
			return err
		}
		view.Clusters = append(view.Clusters, textCluster{c.Name, c.Kubernetes, left})
	}
	readme, err := templates.File(templates.Release, "release/README.md.tmpl", view)
	static, staticErr := templates.File(templates.Release, "release/static.md.tmpl", view)
	script, scriptErr := fs.ReadFile(templates.Release, "release/verify.sh")
	if err := errors.Join(err, staticErr, scriptErr); err != nil {
		return fmt.Errorf("write texts: %w", err)
	}
	errs := []error{out.Add(ReadmeFile, readme), out.Add(ScriptFile, script)}
	if len(in.Clusters) > 0 {
		errs = append(errs, out.Add(StaticDir+"/"+ReadmeFile, static))
	}
	return errors.Join(errs...)
}
