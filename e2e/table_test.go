package e2e_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/pss"
)

// standard is the version whose fixtures are tried everywhere.
const standard = "v1.35"

// sample is a pod that is offered.
type sample struct {
	name    string
	object  *unstructured.Unstructured
	fixture bool // it is one of Pod Security Admission's
}

// place is a namespace with a profile and at most one exception.
type place struct{ name, profile, exception string }

// TestTable offers pods to the API server and to the offline judge, in namespaces
// of both profiles and with each exception, by names and by labels. Both must
// give the same verdict in the same words. Where there is an exception, the
// probes are left out: that saves minutes.
func TestTable(t *testing.T) {
	t.Parallel()
	allowed := exceptions(t)
	places := placesFor(allowed)
	base := values{
		"defaults":    values{"profile": "privileged", "warn": "privileged", "audit": "privileged"},
		"exceptions":  allowed,
		"controllers": "off",
	}
	t.Run("by name", func(t *testing.T) {
		t.Parallel()
		v, named := maps.Clone(base), values{}
		for _, p := range places {
			named["name-"+p.name] = values{"profile": p.profile, "exceptions": p.exceptions()}
		}
		v["namespaces"] = named
		w := install(t, v)
		for i := range places {
			namespace(t, w, "name-"+places[i].name, nil)
		}
		w.tryAll(t, "name-", places)
	})
	t.Run("by label", func(t *testing.T) {
		t.Parallel()
		v := maps.Clone(base)
		v["namespaceBinding"] = "label"
		w := install(t, v)
		for _, p := range places {
			labels := map[string]string{domain + "/profile": p.profile}
			for _, e := range p.exceptions() {
				labels[domain+"/"+e.(string)] = "include"
			}
			namespace(t, w, "label-"+p.name, labels)
		}
		w.tryAll(t, "label-", places)
	})
}

// placesFor gives both profiles alone, and restricted with each exception.
func placesFor(exceptions values) []place {
	out := []place{{name: "baseline", profile: "baseline"}, {name: "restricted", profile: "restricted"}}
	for _, name := range slices.Sorted(maps.Keys(exceptions)) {
		out = append(out, place{name: "with-" + name, profile: "restricted", exception: name})
	}
	return out
}

// exceptions gives them as the values hold it.
func (p place) exceptions() []any {
	if p.exception == "" {
		return []any{}
	}
	return []any{p.exception}
}

// tryAll offers the pods in all places, several at once.
func (w *world) tryAll(t *testing.T, prefix string, places []place) {
	t.Helper()
	pods := slices.Concat(fixtures(t, standard), probes(t))
	for _, own := range fixtures(t, w.version(t)) {
		own.fixture = false // in namespaces without exceptions alone
		pods = append(pods, own)
	}
	pods = distinct(t, pods)
	var work sync.WaitGroup
	var count tally
	queue := make(chan place)
	for range 4 {
		work.Go(func() {
			for p := range queue {
				ns := w.namespace(t, prefix+p.name)
				for _, pod := range pods {
					if pod.fixture || p.exception == "" {
						w.try(t, &count, ns, pod)
					}
				}
			}
		})
	}
	for _, p := range places {
		queue <- p
	}
	close(queue)
	work.Wait()
	t.Logf("%d namespaces, %d pods: %d admitted, %d refused, %d not valid", len(places), len(pods), count.admitted.Load(), count.refused.Load(), count.invalid.Load())
	if count.admitted.Load() < 500 || count.refused.Load() < 500 {
		t.Error("that proves little")
	}
}

// distinct leaves out the pods that are another's like: most fixtures are the same in
// every version.
func distinct(t *testing.T, pods []sample) []sample {
	t.Helper()
	seen := map[string]bool{}
	return slices.DeleteFunc(pods, func(pod sample) bool {
		text, err := pod.object.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		known := seen[string(text)]
		seen[string(text)] = true
		return known
	})
}

// tally counts what came of the offers.
type tally struct{ admitted, refused, invalid atomic.Int64 }

// try offers a pod in a namespace. The API itself takes some of the pods nowhere,
// whatever the policies say.
func (w *world) try(t *testing.T, count *tally, ns *corev1.Namespace, pod sample) {
	t.Helper()
	got := create(t, w.control.Config, pod.object, ns.Name, true)
	switch {
	case got.err == nil:
		count.admitted.Add(1)
	case got.denial() != "":
		count.refused.Add(1)
	case got.invalid() && (!strings.Contains(pod.name, "/v1.") || strings.Contains(pod.name, "procmount")):
		count.invalid.Add(1)
		return
	}
	agree(t, ns.Name+": "+pod.name, got, w.review(t, admission.Request{Object: pod.object, Namespace: ns.Name, NamespaceObject: ns}))
}

// version returns the version of the standard that the API server is of.
func (w *world) version(t *testing.T) string {
	t.Helper()
	is, err := w.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	return "v" + is.Major + "." + is.Minor
}

// fixtures gives Pod Security Admission's own test pods of a version of the
// standard, of both profiles.
func fixtures(t *testing.T, version string) []sample {
	t.Helper()
	text, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatalf("find k8s.io/pod-security-admission: %v", err)
	}
	root := filepath.Join(strings.TrimSpace(string(text)), "test", "testdata")
	files, err := filepath.Glob(filepath.Join(root, "*", version, "*", "*.yaml"))
	if err != nil || len(files) < 90 {
		t.Fatalf("%d fixtures of %s, %v", len(files), version, err)
	}
	var out []sample
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(root, file)
		pod := sampleOf(t, filepath.ToSlash(name), podOf(t, name, data))
		pod.fixture = true
		out = append(out, pod)
	}
	return out
}

// probes gives the pods that step around the border of each control, as far as
// they can be created: ephemeral containers come later.
func probes(t *testing.T) []sample {
	t.Helper()
	var out []sample
	for _, p := range pss.Probes() {
		pod := p.Pod.DeepCopy()
		pod.Spec.EphemeralContainers = nil
		out = append(out, sampleOf(t, p.Name, pod))
	}
	return out
}

// sampleOf gives the pod a name that is valid for an API server.
func sampleOf(t *testing.T, name string, pod *corev1.Pod) sample {
	t.Helper()
	pod = pod.DeepCopy()
	pod.Name, pod.Namespace = "tried", ""
	return sample{name: name, object: typed(t, pod)}
}
