package migrate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// importer turns labels into values.
type importer struct {
	s      term.Streams
	files  []string
	chart  tree.Tree
	target target
	scheme Scheme

	namespaces []Namespace
	before     *labelled
	after      *named // once the values are made
}

// newImporter reads everything, so that all that is wrong is said at once.
func newImporter(ctx context.Context, s term.Streams, p *project.Project, f Options) (*importer, error) {
	files, chartErr := cluster.ReadChart(p, f.Chart)
	l, targetErr := readTarget(s, p, files, f)
	docs, docsErr := manifest.ReadDocuments(s.In, f.Files, f.Values)
	if err := errors.Join(chartErr, targetErr, docsErr); err != nil {
		return nil, err
	}
	l.kubernetes = cmp.Or(f.Kubernetes, l.kubernetes)
	i := &importer{s: s, files: f.Files, chart: files, target: l}
	if err := i.readScheme(Dialect(f.From), f.Domain); err != nil {
		return nil, err
	}
	var passed []Passed
	var err error
	if i.namespaces, passed, err = Read(docs, i.scheme.Domain); err != nil {
		return nil, fmt.Errorf("read namespaces: %w", err)
	}
	for _, n := range passed {
		s.Note("%s:%d: %q is passed over, since no namespace can be called so", n.File, n.Line, n.Name)
	}
	if len(i.namespaces) == 0 {
		return nil, fmt.Errorf("read namespaces: %s: no namespace in it", strings.Join(f.Files, ", "))
	}
	i.before, err = newLabelled(i)
	i.scheme.Needed = func(n Namespace, exception string) ([]string, error) {
		return i.before.needed(ctx, n, exception)
	}
	return i, err
}

// readScheme says what the labels can name, by the chart and the values as they are
// now.
func (i *importer) readScheme(dialect Dialect, domain string) error {
	whole, err := cluster.Whole(i.chart, i.target.all())
	if err != nil {
		return err
	}
	rules, err := chart.Rules(i.chart)
	if err != nil {
		return err
	}
	i.scheme = Scheme{Dialect: dialect, Domain: cmp.Or(domain, whole.LabelDomain), Exceptions: map[string][]string{}, Defaults: map[string]string{
		"profile": whole.Defaults.Profile, "warn": whole.Defaults.Warn, "audit": whole.Defaults.Audit,
	}}
	for _, r := range rules {
		i.scheme.Rules = append(i.scheme.Rules, Rule(r))
	}
	controls, err := chart.ReadControls(i.chart)
	if err != nil {
		return err
	}
	for control := range controls {
		i.scheme.Controls = append(i.scheme.Controls, string(control))
	}
	for name, allow := range whole.Allows() {
		i.scheme.Exceptions[name] = slices.Sorted(maps.Keys(allow))
	}
	return nil
}

// read gives what the labels of every namespace mean.
func (i *importer) read() ([]Meaning, []Finding, error) {
	var all []Meaning
	var found []Finding
	for _, n := range i.namespaces {
		m, err := i.scheme.Read(n)
		if err != nil {
			return nil, nil, err
		}
		all, found = append(all, m), append(found, m.Findings...)
	}
	return all, found, nil
}

// values gives the file: what the cluster's own says besides, and an entry for every
// namespace where the labels mean something else than what holds without it.
func (i *importer) values(meanings []Meaning, found []Finding) ([]byte, error) {
	head := maps.Clone(i.target.own)
	if head == nil {
		head = map[string]any{}
	}
	head["namespaceBinding"] = "name" // whatever the values below say
	entries, _ := head["namespaces"].(map[string]any)
	kept := maps.Clone(entries)
	for _, m := range meanings {
		delete(kept, m.Namespace.Name)
	}
	if head["namespaces"] = kept; len(kept) == 0 {
		delete(head, "namespaces")
	}
	whole, err := cluster.Whole(i.chart, chart.Merge(i.target.below, head))
	if err != nil {
		return nil, err
	}
	made := map[string]map[string]any{}
	var without []string
	for _, m := range meanings {
		name := m.Namespace.Name
		if m.Holds(whole.ByName(name)) {
			without = append(without, name)
			continue
		}
		made[name] = m.Entry(whole.By(name))
	}
	if len(without) > 0 {
		i.s.Note("%s, since the values hold the same without: %s", term.Count(len(without), "namespace has no entry", "namespaces have no entry"), term.Some(without))
	}
	text, err := Write(head, made, found)
	title := fmt.Sprintf("# What the labels of %s mean, by name (vapchart import labels).\n", term.Count(len(meanings), "namespace", "namespaces"))
	return append([]byte(title), text...), err
}

// useValues reads the values back as they are printed, and renders the chart with
// them: what is compared is what an operator gets.
func (i *importer) useValues(text []byte) error {
	doc, err := manifest.One("the values made", text)
	if err != nil {
		return err
	}
	data, err := doc.JSON()
	if err != nil {
		return err
	}
	made := map[string]any{}
	if err := json.Unmarshal(data, &made); err != nil {
		return fmt.Errorf("read the values made: %w", err)
	}
	i.after, err = newNamed(i.chart, chart.Merge(i.target.below, made), i.target.kubernetes)
	return err
}
