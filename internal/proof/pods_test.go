package proof_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/pss"
)

// standard is the version whose fixtures are tried.
const standard = "v1.35"

// sample is a pod as it reaches admission, with the API's defaults.
type sample struct {
	name   string
	pod    *corev1.Pod
	object *unstructured.Unstructured // the same
	// control is what a failing fixture of Pod Security Admission is named
	// after, in small letters; empty for all others.
	control string
}

// fixtures gives Pod Security Admission's own test pods, of both profiles.
func fixtures(t testing.TB) []sample { return fixturesOf(t, standard) }

// fixturesOf gives those of one version of the standard.
func fixturesOf(t testing.TB, version string) []sample {
	t.Helper()
	text, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatalf("find k8s.io/pod-security-admission: %v", err)
	}
	root := filepath.Join(strings.TrimSpace(string(text)), "test", "testdata")
	files, err := filepath.Glob(filepath.Join(root, "*", version, "*", "*.yaml"))
	if err != nil || len(files) < 50 {
		t.Fatalf("%d fixtures of %s, %v", len(files), version, err)
	}
	var out []sample
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pod := &corev1.Pod{}
		if err := yaml.UnmarshalStrict(data, pod); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		name, _ := filepath.Rel(root, file)
		s := sampleOf(t, filepath.ToSlash(name), pod)
		if strings.Contains(s.name, "/fail/") {
			s.control = strings.TrimRight(strings.TrimSuffix(filepath.Base(file), ".yaml"), "0123456789")
		}
		out = append(out, s)
	}
	return out
}

// ownPods gives the pods of testdata/pods.yaml.
func ownPods(t testing.TB) []sample {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "pods.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	docs, err := manifest.Split("pods.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	var out []sample
	for _, doc := range docs {
		o, err := admission.Decode(doc)
		if err != nil {
			t.Fatal(err)
		}
		pod := &corev1.Pod{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, pod); err != nil {
			t.Fatal(err)
		}
		out = append(out, sample{name: pod.Name, pod: pod, object: o.Unstructured})
	}
	return out
}

// probes gives the pods that step around the border of each control.
func probes(t testing.TB) []sample {
	t.Helper()
	var out []sample
	for _, p := range pss.Probes() {
		out = append(out, sampleOf(t, p.Name, p.Pod))
	}
	return out
}

func sampleOf(t testing.TB, name string, pod *corev1.Pod) sample {
	t.Helper()
	pod = pod.DeepCopy()
	pod.Namespace = ""
	object, err := admission.FromTyped(pod)
	if err != nil {
		t.Fatal(err)
	}
	out := sample{name: name, pod: &corev1.Pod{}, object: object}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, out.pod); err != nil {
		t.Fatal(err)
	}
	return out
}
