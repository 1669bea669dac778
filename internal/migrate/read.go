package migrate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/vapchart/vapchart/internal/manifest"
)

// Namespace is a namespace as somebody wrote it.
type Namespace struct {
	Name   string
	File   string
	Line   int
	Labels []Label // in order
}

// Label is a label and the line where it is written: that of an anchor where it
// came from one.
type Label struct {
	Key, Value string
	Line       int
}

// Passed is a name that stands where namespaces do, and that none can have.
type Passed struct {
	Name, File string
	Line       int
}

// Map gives the labels as Kubernetes has them.
func (n Namespace) Map() map[string]string {
	out := map[string]string{}
	for _, l := range n.Labels {
		out[l.Key] = l.Value
	}
	return out
}

// Read gives the namespaces of documents, sorted by name: Namespace objects, also in
// lists, and values of other tools, in which a map holds namespaces by name, each
// with a map `labels`. Such a map is one below a key `namespaces`, or where there is
// none, any whose entries have labels of the domain. The same namespace with other
// labels is an error, since either may be meant. Names that no namespace can have are
// passed over, and given apart in the order of the documents. The error joins all that
// is wrong, each an *manifest.Error.
func Read(docs []manifest.Document, domain string) ([]Namespace, []Passed, error) {
	found := map[string]Namespace{}
	var passed []Passed
	var errs []error
	for _, doc := range docs {
		var content any // finds keys given twice, and aliases that grow too large
		if err := doc.Decode(&content); err != nil {
			errs = append(errs, err)
			continue
		}
		r := reader{doc: doc, domain: domain}
		r.document()
		errs, passed = append(errs, r.errs...), append(passed, r.passed...)
		for _, n := range r.out {
			if other, ok := found[n.Name]; ok && !maps.Equal(other.Map(), n.Map()) {
				errs = append(errs, &manifest.Error{File: n.File, Line: n.Line,
					Msg: fmt.Sprintf("namespace %s has other labels than at %s:%d", n.Name, other.File, other.Line)})
			}
			found[n.Name] = n
		}
	}
	out := slices.SortedFunc(maps.Values(found), func(a, b Namespace) int { return strings.Compare(a.Name, b.Name) })
	return out, passed, errors.Join(errs...)
}

// reader finds the namespaces of one document.
type reader struct {
	doc    manifest.Document
	domain string
	out    []Namespace
	passed []Passed
	errs   []error
}

func (r *reader) document() {
	root := r.doc.Root()
	if apiVersion, kind := r.doc.TypeMeta(); apiVersion != "" && kind != "" {
		r.object(root, strings.TrimSuffix(kind, "List"))
		return
	}
	r.below(root, true)
	if len(r.out)+len(r.errs) == 0 {
		r.below(root, false)
	}
}

// object reads a Namespace, and those of a list; other kinds are passed over. The
// items of a NamespaceList may leave out their kind.
func (r *reader) object(v manifest.Value, otherwise string) {
	if items, ok := v.Get("items"); ok {
		for _, item := range items.Items() {
			r.object(item, otherwise)
		}
		return
	}
	kind := otherwise
	if k, ok := v.Get("kind"); ok {
		kind, _ = k.Text()
	}
	metadata, _ := v.Get("metadata")
	if name, ok := textAt(metadata, "name"); ok && kind == "Namespace" {
		r.add(name, v.Line(), metadata)
	}
}

// below looks for maps of namespaces at any depth: those of a key `namespaces`, or
// those that look like one. Aliases are not searched again.
func (r *reader) below(v manifest.Value, named bool) {
	if v.Alias() {
		return
	}
	for _, item := range v.Items() {
		r.below(item, named)
	}
	if !named {
		r.mapped(v, false)
	}
	for _, e := range v.Entries() {
		if named && e.Key == "namespaces" {
			r.mapped(e.Value, true)
			r.listed(e.Value)
		}
		r.below(e.Value, named)
	}
}

// mapped reads a map of namespaces by name. Where the map's key does not say that it
// is one, labels of the domain must.
func (r *reader) mapped(v manifest.Value, named bool) {
	for _, e := range v.Entries() {
		labels, has := e.Value.Get("labels")
		like := e.Value.IsMap() && has && r.ofDomain(labels)
		if named {
			like = e.Value.IsMap() || isNull(e.Value)
		}
		if like {
			r.add(e.Key, e.Line, e.Value)
		}
	}
}

// listed reads a list of namespaces that have their names in them.
func (r *reader) listed(v manifest.Value) {
	for _, item := range v.Items() {
		if name, ok := textAt(item, "name"); ok {
			r.add(name, item.Line(), item)
		}
	}
}

func (r *reader) ofDomain(labels manifest.Value) bool {
	return slices.ContainsFunc(labels.Entries(), func(e manifest.Entry) bool { return strings.HasPrefix(e.Key, r.domain+"/") })
}

// add reads the labels of a namespace. A name that none can have may be meant for
// something else, such as a template, and is passed over.
func (r *reader) add(name string, line int, holder manifest.Value) {
	if len(validation.IsDNS1123Label(name)) > 0 {
		if p := (Passed{name, r.doc.File, line}); !slices.Contains(r.passed, p) { // two searches may find it
			r.passed = append(r.passed, p)
		}
		return
	}
	n := Namespace{Name: name, File: r.doc.File, Line: line}
	labels, _ := holder.Get("labels")
	for _, e := range labels.Entries() {
		text, ok := e.Value.Text()
		if !ok && !isNull(e.Value) {
			r.errs = append(r.errs, &manifest.Error{File: n.File, Line: e.Line, Msg: fmt.Sprintf("label %s of namespace %s is no text", e.Key, name)})
			continue
		}
		n.Labels = append(n.Labels, Label{Key: e.Key, Value: text, Line: e.Line})
	}
	r.out = append(r.out, n)
}

func textAt(v manifest.Value, key string) (string, bool) {
	inner, ok := v.Get(key)
	if !ok {
		return "", false
	}
	return inner.Text()
}

// isNull says whether a value is there and says nothing.
func isNull(v manifest.Value) bool {
	_, text := v.Text()
	return v.Line() > 0 && !text && !v.IsMap() && v.Items() == nil
}
