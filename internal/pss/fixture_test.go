package pss_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/pod-security-admission/api"
	pspolicy "k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// fixture is one file of PSA's own suite.
type fixture struct {
	path    string // <profile>/<version>/<pass or fail>/<control><number>.yaml
	profile policy.Profile
	version string
	fails   bool
	control string // in small letters
	text    string
}

// Every fixture of PSA's own suite, of every version, gets PSA's verdict from
// the library of that version, and is refused by the control it was made for.
func TestBuiltinOnPSAFixtures(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	pods := arrivals{}
	referees := map[string]*referee{}
	seen := map[string]bool{}
	all := fixtures(t)
	for _, f := range all {
		seen[f.version] = true
		at := breakpoint(t, f.version)
		if referees[at] == nil {
			referees[at] = newReferee(t, at)
		}
		pod := pods.read(t, f)
		f.check(t, referees[at], pod)
		f.checkValid(t, pod.pod)
	}
	if len(all) < 4500 || len(seen) < 38 {
		t.Errorf("only %d fixtures of %d versions found", len(all), len(seen))
	}
}

// check holds the library against the oracle and PSA's evaluator, both asked at
// the fixture's own version.
func (f fixture) check(t *testing.T, r *referee, pod *arrival) {
	t.Helper()
	if pod.refused[r] == nil {
		pod.refused[r] = slices.Concat([]policy.Control{}, r.refused(t, pod.object, pod.pod))
	}
	var got []policy.Control
	for _, c := range pod.refused[r] {
		if r.profiles[c] == policy.Baseline || f.profile == policy.Restricted {
			got = append(got, c)
		}
	}
	if want := askAlone(t, f.version, f.profile, pod.pod); !slices.Equal(got, want) {
		t.Errorf("%s: refused by %v, PSA by %v", f.path, got, want)
	}
	v, err := api.ParseVersion(f.version)
	if err != nil {
		t.Fatal(err)
	}
	results := r.evaluator.EvaluatePod(api.LevelVersion{Level: api.Level(f.profile), Version: v}, &pod.pod.ObjectMeta, &pod.pod.Spec)
	if allowed := pspolicy.AggregateCheckResults(results).Allowed; allowed == f.fails || allowed != (len(got) == 0) {
		t.Errorf("%s: refused by %v, PSA admits it: %t", f.path, got, allowed)
	}
	named := func(c policy.Control) bool { return strings.EqualFold(string(c), f.control) }
	if f.fails && !slices.ContainsFunc(got, named) {
		t.Errorf("%s: refused by %v, want %s among them", f.path, got, f.control)
	}
}

// checkValid keeps the list of what the API itself refuses, before any policy is
// asked: there the verdict is right, but nobody sees it.
func (f fixture) checkValid(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	invalid := map[string]string{
		"v1.35/fail/procmount0.yaml": "procMount Unmasked with hostUsers true",
		"v1.35/fail/procmount1.yaml": "procMount Unmasked with hostUsers true",
		"v1.36/fail/procmount0.yaml": "procMount Unmasked with hostUsers true",
		"v1.36/fail/procmount1.yaml": "procMount Unmasked with hostUsers true",
		"v1.37/fail/procmount0.yaml": "procMount Unmasked with hostUsers true",
		"v1.37/fail/procmount1.yaml": "procMount Unmasked with hostUsers true",
	}
	_, name, _ := strings.Cut(f.path, "/")
	unmasked := slices.ContainsFunc(containers(pod), func(c corev1.Container) bool {
		return c.SecurityContext != nil && c.SecurityContext.ProcMount != nil && *c.SecurityContext.ProcMount == corev1.UnmaskedProcMount
	})
	refused := unmasked && (pod.Spec.HostUsers == nil || *pod.Spec.HostUsers)
	if reason := invalid[name]; refused != (reason != "") {
		t.Errorf("%s: the API refuses it is %t, the list says %q", f.path, refused, reason)
	}
}

// arrivals holds pods as they reach admission, by the text of their file: most
// fixtures are the same in many versions.
type arrivals map[string]*arrival

type arrival struct {
	object  *unstructured.Unstructured
	pod     *corev1.Pod
	refused map[*referee][]policy.Control
}

func (a arrivals) read(t *testing.T, f fixture) *arrival {
	t.Helper()
	if a[f.text] == nil {
		var pod corev1.Pod
		if err := yaml.UnmarshalStrict([]byte(f.text), &pod); err != nil {
			t.Fatalf("%s: %v", f.path, err)
		}
		object, arrivedPod := arrived(t, &pod)
		a[f.text] = &arrival{object, arrivedPod, map[*referee][]policy.Control{}}
	}
	return a[f.text]
}

// breakpoint gives the version that brought what holds at another.
func breakpoint(t *testing.T, version string) string {
	t.Helper()
	v, err := api.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, b := range pss.Breakpoints() {
		if from, err := api.ParseVersion(b); err == nil && !v.Older(from) {
			out = b
		}
	}
	return out
}

func fixtures(t *testing.T) []fixture {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatalf("find k8s.io/pod-security-admission: %v", err)
	}
	root := filepath.Join(strings.TrimSpace(string(dir)), "test", "testdata")
	files, err := filepath.Glob(filepath.Join(root, "*", "v*", "*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]fixture, 0, len(files))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(root, file)
		parts := strings.Split(filepath.ToSlash(name), "/")
		out = append(out, fixture{
			path: filepath.ToSlash(name), profile: policy.Profile(parts[0]), version: parts[1], fails: parts[2] == "fail",
			control: strings.TrimRight(strings.TrimSuffix(parts[3], ".yaml"), "0123456789"), text: string(data),
		})
	}
	return out
}
