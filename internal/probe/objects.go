package probe

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
)

// Object is a policy or a binding, as it should be or as it is.
type Object struct {
	Kind, Name string // the kind in one word: policy or binding
	Labels     map[string]string
	Spec       map[string]any // with the API's defaults
}

// Problem is how what is installed differs from what the values give.
type Problem string

// The problems.
const (
	Missing Problem = "missing"
	Extra   Problem = "extra"   // of the same release, and the values do not give it
	Changed Problem = "changed" // its spec is not the one that the values give
	Former  Problem = "former"  // the chart keeps it for a while, beside its successor
)

// ObjectFinding is one object that is not what it should be.
type ObjectFinding struct {
	Problem Problem  `json:"problem"`
	Kind    string   `json:"kind"`
	Name    string   `json:"name"`
	Fields  []string `json:"fields,omitempty"` // of the spec, where that was changed
}

// Difference says whether the problem is one: what the chart keeps on purpose is
// not.
func (p Problem) Difference() bool { return p != Former }

// Labels by which Helm's charts say what an object belongs to, and the one by
// which the chart says that it keeps what another version of it brought.
const (
	labelName     = "app.kubernetes.io/name"
	labelInstance = "app.kubernetes.io/instance"
	labelFormer   = "vapchart.dev/former"
)

// CompareObjects says how the objects of a cluster differ from those that the
// values give, sorted by kind and name. What has the labels of none of the latter
// is not of the release, and left alone.
func CompareObjects(want, got []Object) []ObjectFinding {
	id := func(o Object) string { return o.Kind + "/" + o.Name }
	wanted, found := map[string]Object{}, map[string]Object{}
	for _, o := range want {
		wanted[id(o)] = o
	}
	for _, o := range got {
		found[id(o)] = o
	}
	var out []ObjectFinding
	for key, w := range wanted {
		g, ok := found[key]
		if !ok {
			out = append(out, ObjectFinding{Problem: Missing, Kind: w.Kind, Name: w.Name})
		} else if fields := differing(w.Spec, g.Spec); len(fields) > 0 {
			out = append(out, ObjectFinding{Problem: Changed, Kind: w.Kind, Name: w.Name, Fields: fields})
		}
	}
	for key, g := range found {
		if _, ok := wanted[key]; ok || !OfRelease(want, g) {
			continue
		}
		problem := Extra
		if g.Labels[labelFormer] == "true" {
			problem = Former
		}
		out = append(out, ObjectFinding{Problem: problem, Kind: g.Kind, Name: g.Name})
	}
	slices.SortFunc(out, func(a, b ObjectFinding) int {
		return cmp.Or(-cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// OfRelease says whether an object has the labels of a release's objects.
func OfRelease(release []Object, o Object) bool {
	return o.Labels[labelInstance] != "" && slices.ContainsFunc(release, func(r Object) bool {
		return r.Labels[labelName] == o.Labels[labelName] && r.Labels[labelInstance] == o.Labels[labelInstance]
	})
}

// differing gives the fields in which two specs differ, sorted.
func differing(a, b map[string]any) []string {
	var out []string
	for _, m := range []map[string]any{a, b} {
		for field := range maps.Keys(m) {
			if !reflect.DeepEqual(a[field], b[field]) && !slices.Contains(out, field) {
				out = append(out, field)
			}
		}
	}
	slices.Sort(out)
	return out
}
