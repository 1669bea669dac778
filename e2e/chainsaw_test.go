package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cli"
)

// library is Kyverno's, beside the repository where it is there at all.
const library = "../../shared/upstream/kyverno-policies/release-1.17"

// TestChainsaw builds the Chainsaw tests for various values, installs the chart
// with these, and performs every test: with Chainsaw's own binary where that is
// on the PATH, and by an interpreter of the few constructs that the tests use.
func TestChainsaw(t *testing.T) {
	t.Parallel()
	everything := with(values{"exceptions": exceptions(t)}, nil)
	keys := values{"e2e-all-*": values{"profile": "restricted", "exceptions": []any{"everything"}}, "e2e-exact": values{"profile": "baseline", "exceptions": []any{"host-ports"}}}
	for name, c := range map[string]struct {
		values        values
		source        string
		tests, denied int // at least
	}{
		"own values":           {values{}, "", 20, 60},
		"exceptions by names":  {with(everything, values{"namespaces": keys}), "", 50, 110},
		"exceptions by labels": {with(everything, values{"namespaceBinding": "label"}), "", 50, 110},
		"controllers":          {values{"controllers": "deny"}, library, 20, 80},
		"library as it is":     {values{"namespaceBinding": "label"}, "upstream " + library, 15, 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.source != "" {
				if _, err := os.Stat(library); err != nil {
					t.Skip("Kyverno's library is not beside the repository:", err)
				}
			}
			p := buildProject(t, c.source, c.values)
			p.install(t)
			done := p.perform(t, filepath.Join(p.dir, "chainsaw"))
			for _, err := range done.faults {
				t.Error(err)
			}
			if done.tests < c.tests || done.denied < c.denied {
				t.Errorf("%d tests with %d refusals, want at least %d and %d", done.tests, done.denied, c.tests, c.denied)
			}
			t.Logf("%d tests: %d objects admitted, %d refused", done.tests, done.admitted, done.denied)
			p.leavesNothing(t)
			if name == "own values" || name == "exceptions by labels" {
				p.binary(t, filepath.Join(p.dir, "chainsaw"))
			}
		})
	}
}

// TestChainsawOfClusters performs the committed suite by what all clusters share, and
// the suite of every cluster, as vapchart chainsaw writes it.
func TestChainsawOfClusters(t *testing.T) {
	vapchart(t, "vendor", "-C", "..") // what other tests read, so before they go on
	t.Parallel()
	performed := func(t *testing.T, v values, folder string) {
		t.Helper()
		p := project{dir: "..", values: v}
		p.install(t)
		done := p.perform(t, folder)
		for _, err := range done.faults {
			t.Error(err)
		}
		t.Logf("%d tests: %d objects admitted, %d refused", done.tests, done.admitted, done.denied)
	}
	t.Run("all", func(t *testing.T) {
		v, err := chart.ReadValues([]string{"../overlays/common/values.yaml", "../chainsaw/values.yaml"})
		if err != nil {
			t.Fatal(err)
		}
		t.Parallel()
		performed(t, v, "../chainsaw")
	})
	dir := t.TempDir()
	for _, cluster := range clusterNames(t) {
		folder := filepath.Join(dir, cluster)
		vapchart(t, "chainsaw", "-C", "..", "--cluster", cluster, "--out", folder)
		if exists(folder) { // it enforces something
			t.Run(cluster, func(t *testing.T) {
				t.Parallel()
				performed(t, valuesOf(t, cluster), folder)
			})
		}
	}
}

// vapchart runs a command line that has to succeed.
func vapchart(t *testing.T, args ...string) {
	t.Helper()
	var out bytes.Buffer
	if code := cli.Main(t.Context(), args, cli.Streams{Out: &out, Err: &out}); code != 0 {
		t.Fatalf("vapchart %s: exit code %d\n%s", args, code, out.String())
	}
	t.Logf("%s", out.String())
}

// clusterNames gives the clusters of this repository.
func clusterNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../overlays/*/kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, file := range files {
		out = append(out, filepath.Base(filepath.Dir(file)))
	}
	return out
}

// TestChainsawFails holds that the tests see what goes wrong: a binding that is
// gone, a message that another policy gives, an exception that is in force where
// it should not be.
func TestChainsawFails(t *testing.T) {
	t.Parallel()
	p := buildProject(t, "", readValues(t, "values.yaml"))
	p.install(t)
	folder := filepath.Join(p.dir, "chainsaw")
	expect := func(what, test, fault string) {
		t.Helper()
		p.settle(t)
		done := p.perform(t, filepath.Join(folder, test))
		if !slices.ContainsFunc(done.faults, func(err error) bool { return strings.Contains(err.Error(), fault) }) {
			t.Errorf("%s: %v, want a fault that says %q", what, done.faults, fault)
		}
	}
	const rule = "require-run-as-non-root-user"
	policies := p.AdmissionregistrationV1().ValidatingAdmissionPolicies()
	policy, err := policies.Get(t.Context(), rule, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range policy.Spec.Validations {
		policy.Spec.Validations[i].Message = "something else"
	}
	if _, err := policies.Update(t.Context(), policy, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	expect("other words", rule, "something else")
	if err := p.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings().Delete(t.Context(), rule, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	expect("no binding", rule, "it is admitted")
	p.values = with(p.values, parse(t, `{namespaces: {"chainsaw-with-sys-ptrace-*": {profile: restricted, exceptions: [geoip]}, web: {profile: restricted, exceptions: [sys-ptrace]}}}`))
	if err := p.release.Upgrade(t.Context(), p.chart(), p.values); err != nil {
		t.Fatal(err)
	}
	expect("no exception", "sys-ptrace", "it is refused")
}

// project is a folder in which vapchart has built, and the release of its chart.
type project struct {
	*world
	dir    string
	values values // of the release
}

// buildProject builds in a new folder, from the built-in library or from one at
// a path, which "upstream " before it leaves uncorrected. The values get those of
// the tests' own namespaces on top.
func buildProject(t *testing.T, source string, v values) *project {
	t.Helper()
	p := &project{dir: t.TempDir(), values: v}
	text := "apiVersion: vapchart.dev/v1alpha1\nkind: Project\n"
	at, verbatim := strings.CutPrefix(source, "upstream ")
	if at != "" {
		full, err := filepath.Abs(at)
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("upstream: {directory: {path: %s, ref: release-1.17}}\n", full)
	}
	if verbatim {
		text += "standard: upstream\n"
	}
	write := func(name string, data []byte) string {
		file := filepath.Join(p.dir, name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("vapchart.yaml", []byte(text))
	data, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	files := []string{write("values.yaml", data)}
	for _, args := range [][]string{{"vendor"}, {"build", "--values", files[0]}} {
		vapchart(t, append(args, "-C", p.dir)...)
	}
	if own := filepath.Join(p.dir, "chainsaw", "values.yaml"); exists(own) {
		files = append(files, own)
	}
	if p.values, err = chart.ReadValues(files); err != nil {
		t.Fatal(err)
	}
	return p
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func (p *project) chart() string { return filepath.Join(p.dir, "charts", chartName) }

// install installs the chart and waits for its policies; they go with the test.
func (p *project) install(t *testing.T) {
	t.Helper()
	p.world = take(t)
	p.installing(t, p.chart(), p.values)
	p.settle(t)
}

// valuesOf merges the values files of a cluster of this repository.
func valuesOf(t *testing.T, cluster string) values {
	t.Helper()
	data, err := os.ReadFile("../vapchart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var plan struct {
		Clusters []struct{ Name, Group string }
	}
	if err := yaml.Unmarshal(data, &plan); err != nil {
		t.Fatal(err)
	}
	for _, c := range plan.Clusters {
		if c.Name == cluster && c.Group != "" {
			return clusterValues(t, "common", c.Group, c.Name)
		}
	}
	return clusterValues(t, "common", cluster)
}

// leavesNothing holds that no pod was stored.
func (p *project) leavesNothing(t *testing.T) {
	t.Helper()
	pods, err := p.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods.Items {
		if strings.HasPrefix(pod.Name, "chainsaw-") {
			t.Errorf("pod %s is left in %s", pod.Name, pod.Namespace)
		}
	}
}

// binary runs Chainsaw itself.
func (p *project) binary(t *testing.T, folder string) {
	t.Helper()
	chainsaw, err := exec.LookPath("chainsaw")
	if err != nil {
		t.Log("chainsaw is not on the PATH, so only the interpreter has run:", err)
		return
	}
	cmd := exec.CommandContext(t.Context(), chainsaw, "test", "--no-color", "--quiet", "--test-dir", folder)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+p.control.Kubeconfig)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("chainsaw: %v\n%s", err, out)
		return
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	t.Logf("chainsaw says\n%s", strings.Join(lines[max(0, len(lines)-8):], "\n"))
}

// with gives base with what over says in place of it, key by key.
func with(base, over values) values {
	out := values{}
	for _, from := range []values{base, over} {
		for key, value := range from {
			out[key] = value
		}
	}
	return out
}

// chainsawFiles gives the tests below a folder.
func chainsawFiles(t *testing.T, folder string) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"chainsaw-test.yaml", "*/chainsaw-test.yaml"} {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	slices.Sort(out)
	return out
}
