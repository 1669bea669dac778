package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/overlay"
)

// kubectl gives what kubectl writes, of the version that the control plane has.
func (w *world) kubectl(t testing.TB, args ...string) []byte {
	t.Helper()
	var out, said bytes.Buffer
	cmd := exec.Command(kubectl, append([]string{"--kubeconfig", w.control.Kubeconfig}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
	return out.Bytes()
}

// TestOverlays applies the overlay of each sample cluster, as whoever does not use
// Helm does, and has `vapchart probe` ask whether the cluster does what the values
// of that cluster say. What kubectl makes of the folder is what was rendered. Then it
// tries the examples, and looks at what the API server's type checker says.
func TestOverlays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		group      string
		namespaces []string // that are there, besides those of the overlay
		examples   examples
	}{
		{"wikikube-eqiad", "wikikube", []string{"mw-cron", "mw-overlay", "svc-overlay"}, examples{wiki: "mw-eqiad", other: "svc-eqiad", pass: true, denied: true}},
		{"wikikube-codfw", "wikikube", []string{"mw-experimental", "istio-system"}, examples{wiki: "mw-codfw", other: "svc-codfw", pass: true, denied: true}},
		{"wikikube-staging", "wikikube", []string{"mw-staged", "svc-staged"}, examples{wiki: "mw-staging", other: "svc-staging", pass: true, denied: false}},
		{"dse-k8s-eqiad", "", []string{"airflow-overlay", "spark", "notebook-overlay"}, examples{wiki: "airflow-dse", other: "notebook-dse", pass: false, denied: true}},
		{"kapsule", "", []string{"monitoring", "svc-kapsule-overlay"}, examples{wiki: "mw-kapsule", other: "svc-kapsule", pass: true, denied: false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := takeClean(t)
			files := valuesFiles(slices.DeleteFunc([]string{"common", c.group, c.name}, func(folder string) bool { return folder == "" })...)
			for _, name := range c.namespaces {
				namespace(t, w, name, nil)
			}
			applied(t, w, "..", c.name, files, c.namespaces)
			w.tryExamples(t, c.examples)
			v, err := chart.ReadValues(files)
			if err != nil {
				t.Fatal(err)
			}
			w.objects, _ = offline(t, chartFolder, v)
			w.typeChecked(t)
		})
	}
}

// examples says where the examples are tried, and what becomes of them.
type examples struct {
	wiki, other  string // namespaces
	pass, denied bool   // the wiki in the first, the bad pod in the other
}

// tryExamples makes the namespaces and offers the examples there.
func (w *world) tryExamples(t *testing.T, e examples) {
	t.Helper()
	namespace(t, w, e.wiki, nil)
	namespace(t, w, e.other, nil)
	wiki := podOfController(t, example(t, "mediawiki.yaml"))
	if got := create(t, w.control.Config, wiki, e.wiki, true); (got.err == nil) != e.pass {
		t.Errorf("the wiki's pod in %s: %v", e.wiki, got.err)
	}
	got := create(t, w.control.Config, object(t, "bad", bad), e.other, true)
	if denied := got.denial() != ""; denied != e.denied || !denied && len(got.warnings) == 0 {
		t.Errorf("a bad pod in %s: %v, warnings %q", e.other, got.err, got.warnings)
	}
}

// podOfController gives the pod that a controller would make.
func podOfController(t *testing.T, controller *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	request, ok, err := admission.PodRequest(admission.Request{Object: decoded(t, controller), Namespace: controller.GetNamespace()})
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	pod := request.Object.DeepCopy()
	pod.SetName("tried")
	pod.SetNamespace("")
	pod.SetOwnerReferences(nil) // there is none in the cluster
	return pod
}

// TestOverlayOfLabels applies and probes an overlay where labels decide: it brings the
// namespaces with them.
func TestOverlayOfLabels(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"vapchart.yaml": "apiVersion: vapchart.dev/v1alpha1\nkind: Project\nclusters: [{name: labelled, kubernetes: \"1.36\"}]\n",
		"overlays/labelled/values.yaml": `
namespaceBinding: label
namespaces:
  overlay-web: {profile: restricted}
  overlay-wiki: {profile: restricted, exceptions: [geoip]}
  overlay-legacy: {profile: baseline, exclude: [disallow-host-ports-none]}
exceptions:
  geoip: {reason: maps, allow: {hostPaths: [{path: /usr/share/GeoIP, readOnly: true}]}}
`,
		"overlays/labelled/kustomization.yaml": "resources: [rendered]\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, verb := range []string{"vendor", "build"} {
		var said bytes.Buffer
		if code := cli.Main(t.Context(), []string{verb, "-C", dir}, cli.Streams{Out: &said, Err: &said}); code != 0 {
			t.Fatalf("%s: exit code %d\n%s", verb, code, said.String())
		}
	}
	names := []string{"overlay-web", "overlay-wiki", "overlay-legacy"}
	w := takeClean(t)
	t.Cleanup(func() { w.kubectl(t, append([]string{"delete", "namespace"}, names...)...) })
	applied(t, w, dir, "labelled", []string{filepath.Join(dir, "overlays/labelled/values.yaml")}, names)
}

// applied applies the overlay of a cluster of a project and probes namespaces by its
// values.
func applied(t *testing.T, w *world, project, cluster string, files, namespaces []string) {
	t.Helper()
	dir := filepath.Join(project, "overlays", cluster)
	t.Cleanup(func() {
		args := []string{"delete", "--ignore-not-found", "-f", filepath.Join(dir, overlay.RenderedDir, "policies")}
		roles, err := filepath.Glob(filepath.Join(dir, overlay.RenderedDir, "clusterrole-*.yaml"))
		if err != nil {
			t.Error(err)
		}
		for _, role := range roles {
			args = append(args, "-f", role)
		}
		w.kubectl(t, args...)
	})
	if n := objectsOf(t, w.kubectl(t, "kustomize", dir)); n < 50 {
		t.Fatalf("kubectl makes %d objects of the overlay", n)
	}
	w.kubectl(t, "apply", "-k", dir)
	args := []string{"probe", "-C", project, "--kubeconfig", w.control.Kubeconfig, "--wait", "180s"}
	for _, file := range files {
		args = append(args, "--values", file)
	}
	for _, name := range namespaces {
		args = append(args, "-n", name)
	}
	var out, said bytes.Buffer
	code := cli.Main(t.Context(), args, cli.Streams{Out: &out, Err: &said})
	if code != 0 || !strings.Contains(out.String(), " 0 not, 0 unknown") {
		t.Errorf("exit code %d\n%s%s", code, out.String(), said.String())
	}
}

func objectsOf(t *testing.T, text []byte) int {
	t.Helper()
	docs, err := manifest.Split("kubectl kustomize", text)
	if err != nil {
		t.Fatal(err)
	}
	return len(docs)
}
