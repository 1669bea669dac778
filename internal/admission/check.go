package admission

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Finding is one thing in an object that the API server would refuse, or take
// and then ignore.
type Finding struct {
	Kind     string   // of the object
	Name     string   // of the object
	Field    string   // path in the notation of the API; empty for the object as a whole
	Versions []string // Kubernetes minor versions that it concerns; empty for all
	Detail   string   // one line
	File     string   // empty for an object that was not read from a file
	Line     int      // 1-based
}

// Error gives one line: the object, its place, the field and what is wrong.
func (f *Finding) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "check %s/%s: ", f.Kind, f.Name)
	if f.File != "" {
		fmt.Fprintf(&b, "%s:%d: ", f.File, f.Line)
	}
	if f.Field != "" {
		b.WriteString(f.Field + ": ")
	}
	b.WriteString(f.Detail)
	if len(f.Versions) > 0 {
		fmt.Fprintf(&b, " (Kubernetes %s)", strings.Join(f.Versions, ", "))
	}
	return b.String()
}

// Check says what API servers of the given Kubernetes minor versions (such as
// "1.30"; from Oldest to Newest) would refuse in the objects: limits of the
// API, and CEL that does not compile when it is written to them. It also finds
// what they would take and then ignore, such as a binding to a policy that is
// not there. No findings means that all is well; the error is about the
// versions alone.
//
// The limits mirror the API's own validation, which is in k8s.io/kubernetes
// (pkg/apis/admissionregistration/validation) and cannot be required. What no
// limit bounds, and so is not checked, is the cost of an expression: the API
// server estimates none for admission policies and stops them as they run (see
// Evaluation.Cost).
func Check(objs *Objects, versions []string) ([]*Finding, error) {
	return NewChecker().Check(objs, versions)
}

// subject is the object that findings are about.
type subject struct {
	kind, name string
	source     Source
}

func (s subject) finding(path, detail string) *Finding {
	return &Finding{
		Kind: s.kind, Name: s.name, Field: path, Detail: detail,
		File: s.source.Document.File, Line: s.source.at(path).line,
	}
}

// findings takes errors as Kubernetes' own validation words them.
func (s subject) findings(errs field.ErrorList) []*Finding {
	out := make([]*Finding, len(errs))
	for i, e := range errs {
		out[i] = s.finding(e.Field, oneLine(e.ErrorBody()))
	}
	return out
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// duplicates finds objects that share kind, namespace and name: of these the
// one that is applied last would silently win.
func duplicates(objs *Objects) []*Finding {
	seen := map[string]Source{}
	var out []*Finding
	for _, o := range objs.all() {
		key := strings.Join([]string{o.group, o.kind, o.namespace, o.name}, "/")
		first, ok := seen[key]
		if !ok {
			seen[key] = o.source
			continue
		}
		detail := "another object in the set has the same kind, namespace and name"
		if at := first.String(); at != "" {
			detail += ": " + at
		}
		out = append(out, subject{o.kind, o.name, o.source}.finding("metadata.name", detail))
	}
	return out
}
