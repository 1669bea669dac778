package e2e_test

import (
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/e2e/cluster"
	"github.com/vapchart/vapchart/e2e/release"
	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/tree"
)

const (
	chartFolder = "../charts/pod-security"
	chartName   = "pod-security"
	domain      = "pod-security.wmf.org"
)

// values are a chart's values, or a part of them.
type values = map[string]any

// world is a control plane that a test has alone, with the chart installed, and
// beside it the offline judge of the same objects.
type world struct {
	*kubernetes.Clientset // of the administrator
	control               *cluster.Cluster
	release               *release.Release
	chart                 string // its folder
	judge                 *admission.Judge
	objects               *admission.Objects // as rendered offline
}

// parse gives values as Helm reads them from a file.
func parse(t testing.TB, text string) values {
	t.Helper()
	out := values{}
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return out
}

// readValues gives the values of a file of examples/.
func readValues(t testing.TB, name string) values {
	t.Helper()
	out, err := chart.ReadValues([]string{filepath.Join("..", "examples", name)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// clusterValues gives the values of one of the clusters in overlays/: what all
// share, then those of its group, then its own.
func clusterValues(t testing.TB, folders ...string) values {
	t.Helper()
	out, err := chart.ReadValues(valuesFiles(folders...))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// valuesFiles names the values files in folders of overlays/.
func valuesFiles(folders ...string) []string {
	var files []string
	for _, folder := range folders {
		files = append(files, filepath.Join("..", "overlays", folder, "values.yaml"))
	}
	return files
}

// take takes a control plane for the length of the test. Policies of the test before
// may still be active: whoever installs others waits for these anyway.
func take(t testing.TB) *world {
	t.Helper()
	c, err := planes.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { planes.Put(c) })
	return &world{Clientset: clientOf(t, c.Config), control: c}
}

// takeClean is take for who needs a control plane on which no policy is active.
func takeClean(t testing.TB) *world {
	t.Helper()
	w := take(t)
	w.settle(t)
	return w
}

// install installs this repository's chart on a control plane of the test's own.
func install(t testing.TB, v values) *world {
	t.Helper()
	return installChart(t, chartFolder, v)
}

// installChart installs a chart, waits until its policies are active and removes
// it after the test.
func installChart(t testing.TB, folder string, v values) *world {
	t.Helper()
	w := take(t)
	w.installing(t, folder, v)
	w.know(t, v)
	return w
}

// installing is installChart for who has a control plane, waits by himself, and needs
// no offline judge.
func (w *world) installing(t testing.TB, folder string, v values) {
	t.Helper()
	r, err := release.New(w.control.Kubeconfig, chartName, chartName)
	if err != nil {
		t.Fatal(err)
	}
	w.release, w.chart = r, folder
	t.Cleanup(func() {
		if err := r.Uninstall(); err != nil {
			t.Error(err)
		}
	})
	if err := r.Install(t.Context(), folder, v); err != nil {
		t.Fatal(err)
	}
}

// upgrade brings the chart to other values.
func (w *world) upgrade(t testing.TB, v values) {
	t.Helper()
	if err := w.release.Upgrade(t.Context(), w.chart, v); err != nil {
		t.Fatal(err)
	}
	w.know(t, v)
}

// know waits for the policies of the values, and has them offline too.
func (w *world) know(t testing.TB, v values) {
	t.Helper()
	w.objects, w.judge = offline(t, w.chart, v)
	w.settle(t)
}

// offline gives the objects of a chart and the judge of them.
func offline(t testing.TB, folder string, v values) (*admission.Objects, *admission.Judge) {
	t.Helper()
	files, err := tree.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := chart.Render(files, v, chart.Release{Name: chartName, Namespace: chartName, Kubernetes: "1.36"})
	if err != nil {
		t.Fatal(err)
	}
	objects, err := admission.Load(rendered.Objects)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := admission.NewJudge(objects, admission.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return objects, judge
}

// namespace makes a namespace. It stays, as does what the tests put into it: no
// two tests use the same name, since they may come to the same control plane.
func namespace(t testing.TB, client kubernetes.Interface, name string, labels map[string]string) {
	t.Helper()
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	if _, err := client.CoreV1().Namespaces().Create(t.Context(), made, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// namespace returns a namespace as it is in the cluster.
func (w *world) namespace(t testing.TB, name string) *corev1.Namespace {
	t.Helper()
	ns, err := w.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func clientOf(t testing.TB, config *rest.Config) *kubernetes.Clientset {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
