package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/tree"
)

// generated is a folder of the project that build makes as a whole.
type generated struct {
	folder string
	files  tree.Tree
}

// drift compares the folders on the disk with what was made.
func drift(s Streams, p *project, outputs []generated, summary report.Build) error {
	var errs []error
	for _, o := range outputs {
		there, err := tree.ReadIfThere(p.path(filepath.FromSlash(o.folder)))
		if err != nil {
			return err
		}
		diff := tree.Diff(o.folder+"/", there, o.files)
		if len(diff) == 0 {
			continue
		}
		if _, err := s.Out.Write(diff); err != nil {
			return err
		}
		errs = append(errs, findings{errors.New("check " + o.folder + ": it is not what build makes; run vapchart build")})
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	summary.Checked = true
	return summary.Text(s.Out)
}

func writeArchive(plan config.Plan, dir string, made tree.Tree) (string, error) {
	if dir == "" {
		return "", nil
	}
	data, err := chart.Archive(plan.Chart.Name, made)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("write archive: %w", err)
	}
	file := filepath.Join(dir, plan.Chart.Name+"-"+plan.Chart.Version+".tgz")
	return filepath.ToSlash(file), tree.WriteFile(file, data)
}
