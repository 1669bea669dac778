// Package psa finds where labels of Pod Security Admission refuse what the policies
// admit. Such labels may stand on namespaces beside the policies. Pod Security
// Admission is asked before any policy, and knows no exceptions.
//
// It takes values or namespaces with labels, and a judge of the policies. Findings come
// out joined by label and sorted. The only errors are those of the judge.
package psa

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// Namespace is a namespace to look at.
type Namespace struct {
	Name       string
	Labels     map[string]string
	Exceptions []string // that are in force
	Same       string   // equal where the same holds, which is judged once; empty to judge each
}

// Pod is a pod to try.
type Pod struct {
	Exception string // that allows it; empty for a pod that no exception is about
	Text      string // completes "a pod …"
	Pod       *corev1.Pod
	Object    *unstructured.Unstructured // the same, for the judge
}

// Stricter says that Pod Security Admission refuses in a namespace what the policies
// admit, besides what exceptions allow.
type Stricter struct {
	Namespace string
	Value     string // of the label
	Control   policy.Control
	Text      string // of the first pod; completes "a pod …"
	Pods      int    // that were found
}

// Found is what there is to know of namespaces.
type Found struct {
	Shadowed []Finding
	Stricter []Stricter
}

// Find tries pods in namespaces. Kubernetes is the minor version of the cluster: its
// Pod Security Admission knows no newer standard. Errors are those of the judge.
func Find(ctx context.Context, judge admission.Ask, kubernetes string, in []Namespace, pods []Pod) (Found, error) {
	var out Found
	var shadowed []Shadowed
	known, labels := map[string]tried{}, map[string]map[string]string{}
	for _, n := range in {
		t, ok := known[n.Same]
		if !ok || n.Same == "" {
			var err error
			if t, err = try(ctx, judge, kubernetes, n, pods); err != nil {
				return Found{}, err
			}
			known[n.Same] = t
		}
		labels[n.Name] = n.Labels
		for _, s := range t.shadowed {
			s.Namespace = n.Name
			shadowed = append(shadowed, s)
		}
		if s := t.stricter; s.Pods > 0 {
			s.Namespace = n.Name
			out.Stricter = append(out.Stricter, s)
		}
	}
	out.Shadowed = Join(shadowed, labels)
	return out, nil
}

type tried struct {
	shadowed []Shadowed
	stricter Stricter
}

// try tries pods in one namespace.
func try(ctx context.Context, judge admission.Ask, kubernetes string, n Namespace, pods []Pod) (tried, error) {
	out := tried{stricter: Stricter{Value: n.Labels[LabelEnforce]}}
	enforced := pss.EnforcedBy(n.Labels, kubernetes)
	for _, p := range pods {
		if p.Exception != "" && !slices.Contains(n.Exceptions, p.Exception) {
			continue
		}
		refused := enforced.Refused(p.Pod)
		if len(refused) == 0 {
			continue
		}
		answer, err := judge(ctx, p.Object, admission.NewNamespace(n.Name, n.Labels))
		if err != nil {
			return tried{}, err
		}
		switch {
		case len(answer.Denied) > 0:
		case p.Exception != "":
			out.shadowed = append(out.shadowed, Shadowed{Exception: p.Exception, Text: p.Text, Words: fmt.Sprint(refused)})
		default:
			if out.stricter.Pods++; out.stricter.Pods == 1 {
				out.stricter.Control, out.stricter.Text = refused[0], p.Text
			}
		}
	}
	return out, nil
}

// Refusing names the namespaces, sorted, whose labels have Pod Security Admission
// refuse pods.
func Refusing(labels map[string]map[string]string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(labels)), func(name string) bool {
		level := labels[name][LabelEnforce]
		return level == "" || level == "privileged"
	})
}
