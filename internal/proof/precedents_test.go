package proof_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
)

// TestPrecedents takes the committed clusters, with both bindings: what a clerk
// with the precedents of all of them says of a pod is what a judge says who only
// has the objects of that cluster.
func TestPrecedents(t *testing.T) {
	precedents := admission.NewPrecedents()
	pods := probes(t)
	denied := 0
	for _, cluster := range []string{"wikikube-eqiad", "wikikube-codfw", "wikikube-staging", "dse-k8s-eqiad", "kapsule"} {
		for offset, binding := range []string{"name", "label"} {
			t.Run(cluster+"/"+binding, func(t *testing.T) {
				v := clusterValues(t, cluster)
				v["namespaceBinding"] = binding
				objs := load(t, v)
				judge, err := admission.NewJudge(objs, admission.Options{})
				if err != nil {
					t.Fatal(err)
				}
				clerk, err := precedents.Clerk(objs)
				if err != nil {
					t.Fatal(err)
				}
				for i, n := range namespacesOf(v, binding) {
					const stride = 40 // a part of the pods in each namespace, another in the next
					for at := (i + offset) % stride; at < len(pods); at += stride {
						object := pods[at].object
						review, err := judge.Review(context.Background(), admission.Request{
							Object: object, Operation: admission.Create, Namespace: n.Name, NamespaceObject: n,
						})
						if err != nil {
							t.Fatal(err)
						}
						for range 2 { // the second time all of it is known
							got, err := clerk.Denials(context.Background(), object, n)
							if want := review.Denials(); err != nil || len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
								t.Errorf("%s in %s: %v %v, want %v", pods[at].name, n.Name, got, err, want)
							}
						}
						denied += len(review.Denials())
					}
				}
			})
		}
	}
	if denied < 100 {
		t.Errorf("only %d denials", denied)
	}
}

// clusterValues merges the values of a committed cluster.
func clusterValues(t *testing.T, cluster string) values {
	t.Helper()
	var files []string
	for _, folder := range []string{"common", strings.Split(cluster, "-")[0], cluster} {
		file := filepath.Join("..", "..", "overlays", folder, "values.yaml")
		if _, err := os.Stat(file); err == nil && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	v, err := chart.ReadValues(files)
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	return v
}

// namespacesOf gives a namespace for each key of the values and one that no key
// is for, with the labels of its entry.
func namespacesOf(v values, binding string) []*corev1.Namespace {
	keys, _ := v["namespaces"].(map[string]any)
	out := []*corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "other"}}}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: strings.ReplaceAll(key, "*", "some"), Labels: map[string]string{}}}
		entry, _ := keys[key].(map[string]any)
		if profile, ok := entry["profile"].(string); ok && binding == "label" {
			n.Labels[domain+"/profile"] = profile
			exceptions, _ := entry["exceptions"].([]any)
			for _, e := range exceptions {
				n.Labels[fmt.Sprint(domain, "/", e)] = "include"
			}
		}
		out = append(out, n)
	}
	return out
}
