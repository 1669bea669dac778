// Package chart owns the Helm chart: it builds its tree from converted rules,
// packs it, lints it and renders it to objects, the last two with Helm's own
// code. It is the only package that knows Helm.
package chart

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/templates"
)

// Input is everything a chart is made from.
type Input struct {
	Name    string // of the chart
	Version string // of the chart, semantic
	Folder  string // where the chart will lie, as the README's commands name it
	Pin     policy.Pin
	// Kubernetes is the oldest minor version that takes all rules, such as "1.30".
	Kubernetes string
	Rules      []Rule
	Controls   []policy.Control // of all versions of the standard
	License    []byte           // of the policies' source; nil where it is the tool's own

	Coverage    []byte // the table of controls and versions, in Markdown
	Corrections []Note // upstream rules that were replaced
	Deviations  []Note // upstream rules that deviate and were kept
	LeftOut     []*policy.Unsupported
}

// Rule is one rule of the chart, as some versions of the standard have it.
type Rule struct {
	convert.Objects
	Exception *exception.Compensation // nil where no exception touches the rule
	Since     string                  // the first of these versions, such as "v1.25"; empty for all
	Until     string                  // the first that has it no longer; empty where the newest does
	Earlier   []Rule                  // the same rule in earlier versions, the newest first
}

// Note is one line of the README about a control.
type Note struct {
	Control string
	Rule    string
	Why     string
}

// Build gives the chart's files. The same input gives the same bytes.
func Build(in Input) (tree.Tree, error) {
	out := tree.New()
	for _, r := range in.Rules {
		f, err := newRuleFile(r)
		if err != nil {
			return nil, fmt.Errorf("build chart: %w", err)
		}
		if err := add(out, "files/rules/"+r.Rule.Name+".yaml", f); err != nil {
			return nil, err
		}
	}
	if err := add(out, "files/allow.yaml", allowKeys()); err != nil {
		return nil, err
	}
	controls, err := newControls(in)
	if err != nil {
		return nil, fmt.Errorf("build chart: %w", err)
	}
	if err := add(out, controlsFile, map[string]Controls{"controls": controls}); err != nil {
		return nil, err
	}
	if in.License != nil {
		if err := out.Add("files/LICENSE", in.License); err != nil {
			return nil, fmt.Errorf("build chart: %w", err)
		}
	}
	if in.Coverage != nil {
		if err := out.Add("COVERAGE.md", in.Coverage); err != nil {
			return nil, fmt.Errorf("build chart: %w", err)
		}
	}
	data, err := view(in)
	if err != nil {
		return nil, fmt.Errorf("build chart: %w", err)
	}
	if err := addTemplates(out, data); err != nil {
		return nil, fmt.Errorf("build chart: %w", err)
	}
	return out, nil
}

func add(out tree.Tree, name string, v any) error {
	data, err := manifest.Encode(v)
	if err == nil {
		err = out.Add(name, data)
	}
	if err != nil {
		return fmt.Errorf("build chart: %s: %w", name, err)
	}
	return nil
}

// addTemplates copies the chart's own text into out; a file that ends in .tmpl
// is filled in on the way, all others are taken as they are.
func addTemplates(out tree.Tree, data chartView) error {
	return fs.WalkDir(templates.Chart, "chart", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templates.Chart, file)
		name, fill := strings.CutSuffix(strings.TrimPrefix(file, "chart/"), ".tmpl")
		if fill {
			text, err = templates.File(templates.Chart, file, data)
		}
		if err != nil {
			return err
		}
		return out.Add(path.Clean(name), text)
	})
}
