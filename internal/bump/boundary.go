package bump

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/google/cel-go/common/ast"
	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/cel"
	"github.com/vapchart/vapchart/internal/policy"
)

// Try is a pod that stands where rules draw a line.
type Try struct {
	Name string // unique
	Text string // completes "a pod …"
	Pod  *corev1.Pod
}

// Boundary makes pods from what rules compare with: each number that they name, and
// those next to it, and each word, one that differs by a letter and the empty one, in
// each of the fields that they read. Base is a pod of one container that complies with
// all; an init container is tried as well, since rules forget it.
func Boundary(base *corev1.Pod, rules []policy.Rule) ([]Try, error) {
	var out []Try
	seen := map[string]bool{}
	for _, r := range rules {
		b := borderOf(r)
		for _, f := range fields() {
			if !b.reads[f.name] {
				continue
			}
			for _, try := range b.tries(base, f) {
				if !seen[try.Name] {
					seen[try.Name] = true
					out = append(out, try)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Try) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// tries makes the pods that try a field.
func (b border) tries(base *corev1.Pod, f field) []Try {
	var out []Try
	for _, value := range b.values(f) {
		try := Try{fmt.Sprintf("boundary/%s=%s", f.name, value), fmt.Sprintf("with %s %q", f.text, value), base.DeepCopy()}
		f.set(try.Pod, false, value)
		out = append(out, try)
		if f.container != nil {
			init := Try{try.Name + "@init", try.Text + " in an init container", base.DeepCopy()}
			f.set(init.Pod, true, value)
			out = append(out, init)
		}
	}
	return out
}

// border is what a rule reads, and what it compares that with.
type border struct {
	reads   map[string]bool
	words   map[string]bool
	numbers map[int64]bool
}

// borderOf collects what the expressions of a rule read and compare with.
func borderOf(r policy.Rule) border {
	b := border{map[string]bool{}, map[string]bool{}, map[int64]bool{}}
	visit := func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			b.reads[e.AsSelect().FieldName()] = true
			if of := e.AsSelect().Operand(); of.Kind() == ast.SelectKind && (of.AsSelect().FieldName() == "labels" || of.AsSelect().FieldName() == "annotations") {
				b.words[e.AsSelect().FieldName()] = true
			}
		case ast.LiteralKind:
			switch v := e.AsLiteral().Value().(type) {
			case string:
				b.words[v] = true
				b.reads[v] = true // object.?spec names its field by a text
			case int64:
				b.numbers[v] = true
			}
		default: // parts of the others
		}
	}
	for _, e := range judging(r) {
		if tree, err := cel.Parse(e); err == nil {
			cel.Walk(tree, visit)
		}
	}
	return b
}

// values gives what to try in a field, sorted.
func (b border) values(f field) []string {
	out := map[string]bool{}
	if f.number {
		for n := range b.numbers {
			for _, v := range []int64{n - 1, n, n + 1} {
				if v >= f.least && v <= f.most {
					out[strconv.FormatInt(v, 10)] = true
				}
			}
		}
		return slices.Sorted(maps.Keys(out))
	}
	for w := range b.words {
		if isField(w) {
			continue
		}
		out[w], out[w+"x"] = true, true
	}
	out[""] = true
	return slices.DeleteFunc(slices.Sorted(maps.Keys(out)), func(v string) bool { return f.takes != nil && !f.takes(v) })
}

func isField(word string) bool {
	return slices.ContainsFunc(fields(), func(f field) bool { return f.name == word })
}
