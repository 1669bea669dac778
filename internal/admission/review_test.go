package admission

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/manifest"
)

var update = flag.Bool("update", false, "rewrite the expected results in testdata")

// reviewCase is a file of testdata/review: `objects.yaml` holds policies,
// bindings, namespaces and parameters; each folder is a request of `object.yaml`,
// `old.yaml` and `request.yaml`, all optional; `want` is what the judge says.
type reviewCase struct {
	name     string
	objs     *Objects
	requests map[string]Request
	archive  *txtar.Archive
	file     string
}

// requestFile is what `request.yaml` may hold.
type requestFile struct {
	Operation   string            `yaml:"operation"`
	Resource    [3]string         `yaml:"resource"` // group, version, resource
	Subresource string            `yaml:"subresource"`
	Name        string            `yaml:"name"`
	Namespace   string            `yaml:"namespace"`
	Labels      map[string]string `yaml:"namespaceLabels"`
	User        string            `yaml:"user"`
	Groups      []string          `yaml:"groups"`
	DryRun      bool              `yaml:"dryRun"`
}

func loadCases(t testing.TB) []reviewCase {
	t.Helper()
	files, err := filepath.Glob("testdata/review/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata/review: %v", err)
	}
	out := make([]reviewCase, 0, len(files))
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := reviewCase{
			name: strings.TrimSuffix(filepath.Base(file), ".txtar"), file: file, archive: archive,
			requests: map[string]Request{},
		}
		for _, f := range archive.Files {
			if f.Name == "objects.yaml" {
				c.objs = load(t, f.Name, string(f.Data))
			} else if name, part, ok := strings.Cut(f.Name, "/"); ok {
				r := c.requests[name]
				addPart(t, &r, part, f)
				c.requests[name] = r
			}
		}
		out = append(out, c)
	}
	return out
}

func addPart(t testing.TB, r *Request, part string, f txtar.File) {
	t.Helper()
	doc, err := manifest.One(f.Name, f.Data)
	if err != nil {
		t.Fatal(err)
	}
	switch part {
	case "object.yaml":
		r.Object = decodeDoc(t, doc).Unstructured
	case "old.yaml":
		r.OldObject = decodeDoc(t, doc).Unstructured
	case "request.yaml":
		var in requestFile
		if err := doc.Decode(&in); err != nil {
			t.Fatal(err)
		}
		r.Operation, r.Subresource, r.Name, r.Namespace, r.DryRun =
			Operation(in.Operation), in.Subresource, in.Name, in.Namespace, in.DryRun
		r.Resource.Group, r.Resource.Version, r.Resource.Resource = in.Resource[0], in.Resource[1], in.Resource[2]
		r.User = User{Name: in.User, Groups: in.Groups}
		if in.Labels != nil {
			r.NamespaceObject = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: in.Namespace, Labels: in.Labels}}
		}
	default:
		t.Fatalf("%s: unknown part of a request", f.Name)
	}
}

func decodeDoc(t testing.TB, doc manifest.Document) Object {
	t.Helper()
	object, err := Decode(doc)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func load(t testing.TB, file, text string) *Objects {
	t.Helper()
	docs, err := manifest.Split(file, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	objs, err := Load(docs)
	if err != nil {
		t.Fatal(err)
	}
	return objs
}

// authorize lets the user admin do everything, as the cases say.
func authorize(access Access) (bool, string) {
	if access.User.Name == "admin" {
		return true, "admin may do everything"
	}
	return false, "only admin may"
}

func TestReview(t *testing.T) {
	for _, c := range loadCases(t) {
		t.Run(c.name, func(t *testing.T) {
			golden(t, c.file, c.archive, []byte(reviewAll(t, c)))
		})
	}
}

func reviewAll(t *testing.T, c reviewCase) string {
	t.Helper()
	judge := newJudge(t, c.objs)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.requests)) {
		review, err := judge.Review(t.Context(), c.requests[name])
		if err != nil {
			fmt.Fprintf(&b, "%s: error: %v\n", name, err)
			continue
		}
		describe(t, &b, name, review)
	}
	return b.String()
}

// describe writes a review as the cases hold it.
func describe(t *testing.T, b *strings.Builder, name string, review *Review) {
	t.Helper()
	verdict := "allowed"
	if s := review.Status(); s != nil {
		verdict = fmt.Sprintf("refused with %d %s: %s", s.Code, s.Reason, review.Message())
	}
	fmt.Fprintf(b, "%s: %s\n", name, verdict)
	for _, e := range review.Evaluations {
		fmt.Fprintf(b, "  %s by %s%s: %s%s\n", e.Policy, e.Binding, prefixed(" with ", e.Param), e.Outcome,
			prefixed(" because of ", e.Condition))
		for _, f := range e.Failures {
			fmt.Fprintf(b, "    validation %d, broken %t, %v: %s%s\n", f.Validation, f.Broken, f.Actions, f.Message,
				prefixed(" as ", string(f.Reason)))
		}
	}
	for _, w := range review.Warnings() {
		fmt.Fprintf(b, "  warning: %s\n", w)
	}
	annotations, err := review.AuditAnnotations()
	if err != nil {
		t.Error(err)
	}
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		fmt.Fprintf(b, "  audit %s: %s\n", key, annotations[key])
	}
	for _, a := range review.Permissions {
		fmt.Fprintf(b, "  asked: may %q %s %s/%s %s: %t, %s\n", a.Access.User.Name, a.Access.Verb,
			a.Access.Group, a.Access.Resource, a.Access.Name, a.Allowed, a.Reason)
	}
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
