package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/labels"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/tree"
)

// importer turns labels into values.
type importer struct {
	s      Streams
	files  []string
	chart  tree.Tree
	target target
	scheme labels.Scheme

	namespaces []labels.Namespace
	before     *labelled
	after      *named // once the values are made
}

// newImporter reads everything, so that all that is wrong is said at once.
func newImporter(ctx context.Context, s Streams, p *project, f importFlags) (*importer, error) {
	files, chartErr := readChart(p, f.chart)
	l, targetErr := readTarget(s, p, files, f)
	docs, docsErr := readDocuments(s.In, f.files, f.values)
	if err := errors.Join(chartErr, targetErr, docsErr); err != nil {
		return nil, err
	}
	l.kubernetes = cmp.Or(f.kubernetes, l.kubernetes)
	i := &importer{s: s, files: f.files, chart: files, target: l}
	if err := i.readScheme(labels.Dialect(f.from), f.domain); err != nil {
		return nil, err
	}
	var passed []labels.Passed
	var err error
	if i.namespaces, passed, err = labels.Read(docs, i.scheme.Domain); err != nil {
		return nil, fmt.Errorf("read namespaces: %w", err)
	}
	for _, n := range passed {
		s.note("%s:%d: %q is passed over, since no namespace can be called so", n.File, n.Line, n.Name)
	}
	if len(i.namespaces) == 0 {
		return nil, fmt.Errorf("read namespaces: %s: no namespace in it", strings.Join(f.files, ", "))
	}
	i.before, err = newLabelled(i)
	i.scheme.Needed = func(n labels.Namespace, exception string) ([]string, error) {
		return i.before.needed(ctx, n, exception)
	}
	return i, err
}

// readScheme says what the labels can name, by the chart and the values as they are
// now.
func (i *importer) readScheme(dialect labels.Dialect, domain string) error {
	whole, err := wholeValues(i.chart, i.target.all())
	if err != nil {
		return err
	}
	rules, err := chart.Rules(i.chart)
	if err != nil {
		return err
	}
	i.scheme = labels.Scheme{Dialect: dialect, Domain: cmp.Or(domain, whole.LabelDomain), Exceptions: map[string][]string{}, Defaults: map[string]string{
		"profile": whole.Defaults.Profile, "warn": whole.Defaults.Warn, "audit": whole.Defaults.Audit,
	}}
	for _, r := range rules {
		i.scheme.Rules = append(i.scheme.Rules, labels.Rule(r))
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

// readDocuments reads the documents of files, folders and standard input.
func readDocuments(stdin io.Reader, names, values []string) ([]manifest.Document, error) {
	files, errs := manifestFiles(names, values)
	var out []manifest.Document
	for _, file := range files {
		name, read := filepath.ToSlash(file), os.ReadFile
		if file == "-" {
			name, read = "stdin", func(string) ([]byte, error) { return io.ReadAll(stdin) }
		}
		data, err := read(file)
		if err != nil {
			errs = append(errs, unreadable(name, err))
			continue
		}
		docs, err := manifest.Split(name, data)
		out, errs = append(out, docs...), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("read namespaces: %w", err)
	}
	return out, nil
}

// read gives what the labels of every namespace mean.
func (i *importer) read() ([]labels.Meaning, []labels.Finding, error) {
	var all []labels.Meaning
	var found []labels.Finding
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
func (i *importer) values(meanings []labels.Meaning, found []labels.Finding) ([]byte, error) {
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
	whole, err := wholeValues(i.chart, chart.Merge(i.target.below, head))
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
		i.s.note("%s, since the values hold the same without: %s", count(len(without), "namespace has no entry", "namespaces have no entry"), some(without))
	}
	text, err := labels.Write(head, made, found)
	title := fmt.Sprintf("# What the labels of %s mean, by name (vapchart import labels).\n", count(len(meanings), "namespace", "namespaces"))
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

// count gives a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// some joins the first names of a list and counts the others.
func some(names []string) string {
	const shown = 6
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
