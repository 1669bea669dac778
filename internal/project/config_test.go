package project_test

import (
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
)

const header = "apiVersion: vapchart.dev/v1alpha1\nkind: Project\n"

func TestDefaults(t *testing.T) {
	plan, err := project.Read("vapchart.yaml", []byte(header))
	if err != nil {
		t.Fatal(err)
	}
	if plan.Upstream.Builtin == nil || plan.Standard != project.StandardStrict || plan.Chart.Name != "pod-security" {
		t.Errorf("defaults are %+v", plan)
	}
	if p, ok := plan.Select.Profile("pod-security-cel/restricted/x/x.yaml"); !ok || p != policy.Restricted {
		t.Errorf("default select gives %q, %v", p, ok)
	}
	if _, ok := plan.Select.Profile("pod-security-cel/baseline-extra/x.yaml"); ok {
		t.Error("a folder is matched by a prefix of its name")
	}
}

func TestWrongProjects(t *testing.T) {
	cases := []struct{ name, yaml, want string }{
		{"unknown key", header + "upstreem: {}\n", "vapchart.yaml:3: field upstreem not found"},
		{"wrong type", header + "chart: [a]\n", "vapchart.yaml:3: cannot unmarshal !!seq"},
		{"wrong header", "apiVersion: v1\nkind: Pod\n", `vapchart.yaml:1: apiVersion and kind are "v1" and "Pod"`},
		{"broken", header + "chart: {\n", "vapchart.yaml:"},
		{"empty", "# nothing\n", "vapchart.yaml:1: the file is empty"},
		{"two documents", header + "---\n" + header, "vapchart.yaml:4: the file holds 2 YAML documents"},
		{"two sources", header + "upstream:\n  builtin: {}\n  directory: {path: x}\n", "vapchart.yaml:4: upstream names 2 sources"},
		{"git without ref", header + "upstream:\n  git: {url: https://example.org/x}\n", "vapchart.yaml:4: upstream.git needs url and ref"},
		{"git over ssh", header + "upstream:\n  git: {url: git@example.org:x, ref: a}\n", "begins with none of https://, http:// and file://"},
		{"unknown profile", header + "upstream:\n  select:\n    privileged: [x]\n", "vapchart.yaml:5: upstream.select.privileged is no profile"},
		{"path outside", header + "upstream:\n  select:\n    other: [../x]\n", `vapchart.yaml:5: upstream.select.other holds "../x"`},
		{"folder twice", header + "upstream:\n  select:\n    baseline: [a]\n    other: [a/]\n", `which baseline holds already`},
		{"nothing selected", header + "upstream:\n  select: {baseline: [-x]}\n", "upstream.select names no folder"},
		{"standard", header + "standard: loose\n", `vapchart.yaml:3: standard is "loose"`},
		{"chart name", header + "chart: {name: Pod_Security, version: 1.0.0}\n", `chart.name is "Pod_Security"`},
		{"chart version", header + "chart: {name: a, version: v1}\n", `vapchart.yaml:3: chart.version is "v1"`},
		{"cluster twice", header + "clusters:\n- {name: a, kubernetes: \"1.33\"}\n- {name: a, kubernetes: \"1.33\"}\n", `vapchart.yaml:5: clusters[1].name "a" is there twice`},
		{"cluster like its group", header + "clusters:\n- {name: a, group: a, kubernetes: \"1.33\"}\n", `vapchart.yaml:4: clusters[0].name is "a": overlays/a is for the values that clusters share`},
		{"cluster common", header + "clusters:\n- {name: common, kubernetes: \"1.33\"}\n", `overlays/common is for the values that clusters share`},
		{"group common", header + "clusters:\n- {name: a, group: common, kubernetes: \"1.33\"}\n", `vapchart.yaml:4: clusters[0].group is "common": overlays/common is for the values that all clusters share`},
		{"old cluster", header + "clusters:\n- {name: a, kubernetes: \"1.29\"}\n", `clusters[0].kubernetes is "1.29"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := project.Read("vapchart.yaml", []byte(c.yaml))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := project.Read("vapchart.yaml", []byte(header+"standard: x\nchart: {name: A, version: b}\n"))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three errors, got %v", err)
	}
}

func TestSetUpstream(t *testing.T) {
	before := header + `# where from
upstream:
  # the pin
  builtin: {}   # ours
  select:
    baseline: [pod-security-cel/baseline]
`
	git := project.Upstream{Git: &project.Git{URL: "https://example.org/p", Ref: "release-1.17"}}
	after, err := project.SetUpstream("vapchart.yaml", []byte(before), git)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(before, "builtin: {}   # ours", "git: {url: https://example.org/p, ref: release-1.17}", 1)
	if string(after) != want {
		t.Errorf("got\n%s\nwant\n%s", after, want)
	}
	block := header + "upstream:\n  git:\n    url: https://example.org/p\n    ref: main\nchart: {name: a, version: 1.0.0}\n"
	after, err = project.SetUpstream("vapchart.yaml", []byte(block), project.Upstream{Directory: &project.Directory{Path: "a, b"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := header + "upstream:\n  directory: {path: \"a, b\"}\nchart: {name: a, version: 1.0.0}\n"; string(after) != want {
		t.Errorf("got\n%s\nwant\n%s", after, want)
	}
}

func TestSetUpstreamWhereThereIsNone(t *testing.T) {
	git := project.Upstream{Git: &project.Git{URL: "https://example.org/p", Ref: "main"}}
	const line = "  git: {url: https://example.org/p, ref: main}\n"
	for before, want := range map[string]string{
		header:                      header + "upstream:\n" + line,
		header + "standard: strict": header + "standard: strict\nupstream:\n" + line,
		header + "upstream: {builtin: {}}\nstandard: strict\n": header + "upstream:\n" + line + "standard: strict\n",
		header + "upstream:\n  select: {other: [x]}\n":         header + "upstream:\n" + line + "  select: {other: [x]}\n",
	} {
		after, err := project.SetUpstream("vapchart.yaml", []byte(before), git)
		if err != nil || string(after) != want {
			t.Errorf("got\n%s\nwant\n%s\n%v", after, want, err)
		}
	}
	// What stands in brackets beside it cannot be kept in place: refused, not lost.
	if after, err := project.SetUpstream("vapchart.yaml", []byte(header+"upstream: {builtin: {}, select: {other: [x]}}\n"), git); err == nil {
		t.Errorf("a selection is lost:\n%s", after)
	}
}
