package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// expectation is what upstream's own tests say of one pod and one policy.
type expectation struct {
	policy, rule string // rule is empty for all rules of the policy
	file         string // that holds the pod, below upstream/
	pod          string
	denied       bool
}

func (e expectation) String() string {
	verdict := "pass"
	if e.denied {
		verdict = "fail"
	}
	return fmt.Sprintf("%s %s %s %s", e.file, e.pod, policy.JoinName(e.policy, e.rule), verdict)
}

// TestUpstreamsOwnTests builds a chart from the real library and holds the
// objects of a restricted namespace against what upstream's own test pods
// expect. Differences that are meant are in testdata/upstream-differences.txt;
// one that no longer occurs fails as well.
func TestUpstreamsOwnTests(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	if _, err := os.Stat(libraryPath); err != nil {
		t.Skip("the upstream library is not here:", err)
	}
	for _, set := range []string{"pod-security-cel", "pod-security-vpol"} {
		for _, standard := range []string{"strict", "upstream"} {
			t.Run(set+"/"+standard, func(t *testing.T) {
				dir := buildLibrary(t, set, standard)
				meant := meantDifferences(t, set, standard)
				judge := restrictedNamespace(t, filepath.Join(dir, "charts", "pod-security"))
				pods, want := expectations(t, filepath.Join(dir, "upstream"))
				if len(want) < 200 {
					t.Fatalf("upstream's tests gave only %d expectations", len(want))
				}
				for _, e := range want {
					got := judge(t, pods[e.file+" "+e.pod], e)
					_, expected := meant[e.String()]
					if (got != e.denied) != expected {
						t.Errorf("%s: denied is %v; a difference is expected: %v", e, got, expected)
					}
					delete(meant, e.String())
				}
				for line := range meant {
					t.Errorf("testdata/upstream-differences.txt: nothing like this is in upstream's tests: %s", line)
				}
			})
		}
	}
}

// buildLibrary vendors release-1.17 and builds the chart, in a folder of its own.
func buildLibrary(t *testing.T, set, standard string) string {
	t.Helper()
	library, err := filepath.Abs(libraryPath)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	project := "apiVersion: vapchart.dev/v1alpha1\nkind: Project\nstandard: " + standard + "\nupstream:\n" +
		"  directory: {path: " + library + ", ref: release-1.17}\n" +
		"  select: {baseline: [" + set + "/baseline], restricted: [" + set + "/restricted]}\n"
	if err := os.WriteFile(filepath.Join(dir, "vapchart.yaml"), []byte(project), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"vendor", "build"} {
		if code := cli.Main(context.Background(), []string{verb, "-C", dir}, term.Streams{Out: io.Discard, Err: os.Stderr}); code != 0 {
			t.Fatalf("vapchart %s: exit code %d", verb, code)
		}
	}
	return dir
}

// restrictedNamespace gives a function that says whether a policy of the chart
// denies a pod in a namespace where restricted is enforced.
func restrictedNamespace(t *testing.T, chartDir string) func(*testing.T, manifest.Document, expectation) bool {
	t.Helper()
	files, err := tree.Read(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	optional := "disallow-host-ports-range-host-port-range"
	values := map[string]any{"namespaces": map[string]any{"site": map[string]any{"profile": "restricted"}}}
	if _, there := files["files/rules/"+optional+".yaml"]; there {
		values["other"] = map[string]any{optional: map[string]any{"actions": []any{"Deny"}}}
	}
	rendered, err := chart.Render(files, values, chart.Release{Name: "r", Namespace: "n", Kubernetes: admission.Newest()})
	if err != nil {
		t.Fatal(err)
	}
	objs, err := admission.Load(rendered.Objects)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := admission.NewJudge(objs, admission.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, doc manifest.Document, e expectation) bool {
		t.Helper()
		pod, err := admission.Decode(doc)
		if err != nil {
			return true // the API server refuses what has unknown fields before any policy sees it
		}
		pod.Unstructured = pod.DeepCopy()
		pod.SetNamespace("site")
		review, err := judge.Review(context.Background(), admission.Request{Object: pod.Unstructured, Namespace: "site"})
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		return slices.ContainsFunc(review.Denials(), func(f admission.Failure) bool { return belongs(files, f.Policy, e) })
	}
}

// belongs says whether a policy of the chart stands for the rule that upstream's
// test is about, or for any rule of its policy.
func belongs(files tree.Tree, name string, e expectation) bool {
	if name == policy.JoinName(e.policy, e.rule) && files["files/rules/"+name+".yaml"] != nil {
		return true
	}
	return e.rule == "" && bytes.Contains(files["files/rules/"+name+".yaml"], []byte("\n  vapchart.dev/policy: "+e.policy+"\n"))
}

// expectations reads upstream's test folders: pods by `file name`, and what is
// expected of them. Pod controllers are left out: the rules judge pods.
func expectations(t *testing.T, upstream string) (map[string]manifest.Document, []expectation) {
	t.Helper()
	pods := map[string]manifest.Document{}
	var out []expectation
	err := filepath.WalkDir(upstream, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(upstream, p)
		rel = filepath.ToSlash(rel)
		if !strings.Contains(rel, "-test/") {
			return nil
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		docs, err := manifest.Split(rel, data)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			if _, kind := doc.TypeMeta(); kind == "Pod" {
				name := nameOf(t, doc)
				pods[rel+" "+name] = doc
				if base := path.Base(rel); base == "pod-good.yaml" || base == "pod-bad.yaml" {
					out = append(out, expectation{policy: policyOf(t, upstream, rel), file: rel, pod: name, denied: base == "pod-bad.yaml"})
				}
			}
			if path.Base(rel) == "kyverno-test.yaml" {
				for _, e := range results(t, doc, path.Join(path.Dir(rel), "resource.yaml")) {
					// Some tests bring a policy of their own, cut from that of the folder.
					if folder := policyOf(t, upstream, rel); e.policy != folder {
						e.policy, e.rule = folder, ""
					}
					out = append(out, e)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pods, out
}

func results(t *testing.T, doc manifest.Document, resources string) []expectation {
	t.Helper()
	var test struct {
		Results []struct {
			Kind      string   `json:"kind"`
			Policy    string   `json:"policy"`
			Rule      string   `json:"rule"`
			Resources []string `json:"resources"`
			Result    string   `json:"result"`
		} `json:"results"`
	}
	decodeLoosely(t, doc, &test)
	var out []expectation
	for _, r := range test.Results {
		for _, name := range r.Resources {
			if r.Kind == "Pod" {
				out = append(out, expectation{policy: r.Policy, rule: r.Rule, file: resources, pod: name, denied: r.Result == "fail"})
			}
		}
	}
	return out
}

// policyOf gives the name of the policy that a test folder belongs to.
func policyOf(t *testing.T, upstream, file string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(upstream, path.Dir(path.Dir(file)), "*.yaml"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: policies are %v, %v", file, found, err)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	doc, err := manifest.One(found[0], data)
	if err != nil {
		t.Fatal(err)
	}
	return nameOf(t, doc)
}

func nameOf(t *testing.T, doc manifest.Document) string {
	t.Helper()
	var obj struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	decodeLoosely(t, doc, &obj)
	return obj.Metadata.Name
}

// meantDifferences reads the data file: `set/standard | file pod rule verdict |
// reason`, one a line.
func meantDifferences(t *testing.T, set, standard string) map[string]string {
	t.Helper()
	f, err := os.Open("testdata/upstream-differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.SplitN(line, " | ", 3)
		if len(parts) != 3 || parts[2] == "" {
			t.Fatalf("upstream-differences.txt: %q has no reason", line)
		}
		if parts[0] == set+"/"+standard || parts[0] == set {
			out[parts[1]] = parts[2]
		}
	}
	return out
}

func decodeLoosely(t *testing.T, doc manifest.Document, into any) {
	t.Helper()
	j, err := doc.JSON()
	if err == nil {
		err = errors.Join(err, json.Unmarshal(j, into))
	}
	if err != nil {
		t.Fatal(err)
	}
}
