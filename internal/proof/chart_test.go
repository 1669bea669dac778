package proof_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/tree"
)

const (
	chartFolder = "../../charts/pod-security"
	chartName   = "pod-security"
	domain      = "pod-security.wmf.org"
)

// values are a chart's values, or a part of them.
type values = map[string]any

// parse gives values as Helm reads them from a file.
func parse(t testing.TB, text string) values {
	t.Helper()
	out := values{}
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return out
}

// with gives base with what over says in place of it, key by key.
func with(base, over values) values {
	out := maps.Clone(base)
	maps.Copy(out, over)
	return out
}

// silent gives values by which nothing holds but what a test adds.
func silent() values {
	return values{
		"defaults":    values{"profile": "privileged", "warn": "privileged", "audit": "privileged"},
		"controllers": "off",
		"namespaces":  values{"kube-system": nil},
	}
}

func readChart(t testing.TB) tree.Tree {
	t.Helper()
	files, err := tree.Read(chartFolder)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func renderChart(files tree.Tree, v values) (chart.Rendered, error) {
	return chart.Render(files, v, chart.Release{Name: chartName, Namespace: chartName, Kubernetes: admission.Newest()})
}

// load renders the committed chart and reads what it gives.
func load(t testing.TB, v values) *admission.Objects {
	t.Helper()
	return loadOnly(t, v, func(string) bool { return true })
}

// loadOnly reads those of the objects whose names are wanted.
func loadOnly(t testing.TB, v values, wanted func(name string) bool) *admission.Objects {
	t.Helper()
	rendered, err := renderChart(readChart(t), v)
	if err != nil {
		t.Fatal(err)
	}
	objs, err := admission.Load(slices.DeleteFunc(rendered.Objects, func(d manifest.Document) bool {
		var object struct {
			Metadata struct{ Name string }
		}
		text, err := d.JSON()
		if err == nil {
			err = json.Unmarshal(text, &object)
		}
		return err == nil && !wanted(object.Metadata.Name)
	}))
	if err != nil {
		t.Fatal(err)
	}
	return objs
}

// world is a cluster in which the chart is installed.
type world struct {
	judge      *admission.Judge
	namespaces map[string]*corev1.Namespace // those with labels
	controls   map[string]string            // control of each policy
	sync.Mutex                              // guards what follows
	cost       int64                        // the most that an evaluation took
}

func install(t testing.TB, v values) *world {
	t.Helper()
	return installOnly(t, v, func(string) bool { return true })
}

// installOnly installs the policies of some names, the sooner for that.
func installOnly(t testing.TB, v values, wanted func(name string) bool) *world {
	t.Helper()
	objs := loadOnly(t, v, wanted)
	judge, err := admission.NewJudge(objs, admission.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{judge: judge, namespaces: map[string]*corev1.Namespace{}, controls: map[string]string{}}
	for _, p := range objs.Policies {
		w.controls[p.Name] = p.Annotations["vapchart.dev/controls"]
	}
	return w
}

// label puts a namespace with labels of the domain into the world.
func (w *world) label(name string, labels map[string]string) {
	n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"kubernetes.io/metadata.name": name}}}
	for k, v := range labels {
		n.Labels[domain+"/"+k] = v
	}
	w.namespaces[name] = n
}

// ask gives the answer to a request in a namespace. An error within a policy
// fails the test: no verdict may rest on one.
func (w *world) ask(t testing.TB, namespace string, r admission.Request) *admission.Review {
	t.Helper()
	r.Namespace, r.NamespaceObject = namespace, w.namespaces[namespace]
	review, err := w.judge.Review(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range review.Evaluations {
		for _, f := range e.Failures {
			if f.Broken {
				t.Errorf("namespace %s: policy %s: %s", namespace, f.Policy, f.Message)
			}
		}
		w.Lock()
		w.cost = max(w.cost, e.Cost)
		w.Unlock()
	}
	return review
}
