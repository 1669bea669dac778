// Package chart owns the Helm chart: it builds its tree from converted rules,
// packs it, lints it and renders it to objects, the last two with Helm's own
// code. It is the only package that knows Helm.
package chart

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/render"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/templates"
)

// Input is everything a chart is made from.
type Input struct {
	Name    string // of the chart
	Version string // of the chart, semantic
	Folder  string // where the chart will lie, as the README's commands name it
	Pin     policy.Pin
	Rules   []convert.Objects
	License []byte // of the policies' source; nil where it is the tool's own

	Corrections []Note // upstream rules that were replaced
	Deviations  []Note // upstream rules that deviate and were kept
	LeftOut     []*policy.Unsupported
}

// Note is one line of the README about a control.
type Note struct {
	Control string
	Rule    string
	Why     string
}

// ruleFile is one file of the chart's files/rules: a rule as data.
type ruleFile struct {
	Name        string                                    `json:"name"`
	Title       string                                    `json:"title,omitempty"`
	Profile     policy.Profile                            `json:"profile"`
	Controls    []policy.Control                          `json:"controls,omitempty"`
	Annotations map[string]string                         `json:"annotations"`
	ParamRef    *admissionv1.ParamRef                     `json:"paramRef,omitempty"`
	Spec        admissionv1.ValidatingAdmissionPolicySpec `json:"spec"`
}

// Build gives the chart's files. The same input gives the same bytes.
func Build(in Input) (tree.Tree, error) {
	out := tree.New()
	for _, o := range in.Rules {
		data, err := manifest.Encode(ruleFile{
			Name: o.Rule.Name, Title: o.Rule.Title, Profile: o.Rule.Profile, Controls: o.Rule.Controls,
			Annotations: o.Policy.Annotations, ParamRef: o.Binding.Spec.ParamRef, Spec: o.Policy.Spec,
		})
		if err != nil {
			return nil, fmt.Errorf("build chart: rule %s: %w", o.Rule.Name, err)
		}
		if err := out.Add("files/rules/"+o.Rule.Name+".yaml", data); err != nil {
			return nil, fmt.Errorf("build chart: %w", err)
		}
	}
	if in.License != nil {
		if err := out.Add("files/LICENSE", in.License); err != nil {
			return nil, fmt.Errorf("build chart: %w", err)
		}
	}
	if err := addTemplates(out, view(in)); err != nil {
		return nil, fmt.Errorf("build chart: %w", err)
	}
	return out, nil
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
			text, err = render.File(templates.Chart, file, data)
		}
		if err != nil {
			return err
		}
		return out.Add(path.Clean(name), text)
	})
}
