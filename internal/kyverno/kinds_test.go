package kyverno

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/kubernetes/scheme"
)

func table(t *testing.T) kindTable {
	t.Helper()
	out, err := parseKinds(kindsText)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestKindsAreTheSchemes holds the table against the types of client-go, both
// ways: when k8s.io moves and brings a kind or a version, or takes one away,
// this says which row to change.
func TestKindsAreTheSchemes(t *testing.T) {
	want := schemeVersions(t)
	seen := map[schema.GroupKind]bool{}
	for _, row := range table(t).rows {
		gk := schema.GroupKind{Group: row.group, Kind: row.kind}
		if seen[gk] {
			t.Errorf("%s: two rows", gk)
		}
		seen[gk] = true
		versions, known := want[gk]
		switch {
		case known && !slices.Equal(row.versions, versions):
			t.Errorf("%s: the table has %v, Kubernetes serves %v", gk, row.versions, versions)
		case !known && scheme.Scheme.IsGroupRegistered(row.group) && row.kind != "PodSecurityPolicy":
			t.Errorf("%s: not in the scheme", gk)
		}
	}
	for gk, versions := range want {
		if !seen[gk] {
			t.Errorf("%s: not in the table; versions %v", gk, versions)
		}
	}
	if len(want) < 70 {
		t.Errorf("the scheme has only %d kinds, the test looks at the wrong ones", len(want))
	}
}

// schemeVersions gives each kind that is a resource, with the versions that
// Kubernetes 1.30 and later serves, the preferred one first.
func schemeVersions(t *testing.T) map[schema.GroupKind][]string {
	t.Helper()
	noResource := map[schema.GroupKind]string{
		{Kind: "APIGroup"}:            "discovery",
		{Kind: "APIVersions"}:         "discovery",
		{Kind: "RangeAllocation"}:     "internal to the API server",
		{Kind: "SerializedReference"}: "the value of an annotation",
		{Kind: "Status"}:              "an answer",

		{Group: "autoscaling", Kind: "Scale"}:                  "body of a subresource",
		{Group: "policy", Kind: "Eviction"}:                    "body of a subresource",
		{Group: "authentication.k8s.io", Kind: "TokenRequest"}: "body of a subresource",
	}
	out := map[schema.GroupKind][]string{}
	for gvk := range scheme.Scheme.AllKnownTypes() {
		object, err := scheme.Scheme.New(gvk)
		if err != nil {
			t.Fatal(err)
		}
		removed, ok := object.(interface{ APILifecycleRemoved() (int, int) })
		if ok {
			if _, minor := removed.APILifecycleRemoved(); minor <= 30 {
				continue
			}
		}
		kind := gvk.Kind
		if strings.HasSuffix(kind, "List") || strings.HasSuffix(kind, "Options") || kind == "WatchEvent" ||
			noResource[gvk.GroupKind()] != "" {
			continue
		}
		out[gvk.GroupKind()] = append(out[gvk.GroupKind()], gvk.Version)
	}
	for gk, versions := range out {
		out[gk] = preferred(versions)
	}
	return out
}

// preferred sorts versions and leaves alpha ones out where there are others.
func preferred(versions []string) []string {
	alpha := func(v string) bool { return strings.Contains(v, "alpha") }
	slices.SortFunc(versions, newerFirst)
	if stable := slices.DeleteFunc(slices.Clone(versions), alpha); len(stable) > 0 {
		return stable
	}
	return versions
}

func newerFirst(a, b string) int { return version.CompareKubeAwareVersionStrings(b, a) }

func TestPluralsAndVersions(t *testing.T) {
	irregular := map[string]string{
		"Gateway": "gateways", "Mesh": "meshes", "SecurityContextConstraints": "securitycontextconstraints",
	}
	for _, row := range table(t).rows {
		guess, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: row.group, Kind: row.kind})
		want := guess.Resource
		if plural, ok := irregular[row.kind]; ok {
			want = plural
		}
		if row.plural != want {
			t.Errorf("%s/%s: plural %s, want %s", row.group, row.kind, row.plural, want)
		}
		if !slices.IsSortedFunc(row.versions, newerFirst) {
			t.Errorf("%s/%s: versions %v are not in order", row.group, row.kind, row.versions)
		}
	}
}

func TestParseKindsRefuses(t *testing.T) {
	for _, bad := range []string{"apps v1 Deployment deployments", "apps v1 Deployment deployments cluster"} {
		if _, err := parseKinds("# a table\n" + bad); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("parseKinds(%q) = %v, want an error with the line", bad, err)
		}
	}
	if _, err := parseFunctions("root a\nmacro all many"); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("parseFunctions = %v, want an error with the line", err)
	}
}

func TestKindSelector(t *testing.T) {
	for entry, want := range map[string]kindSelector{
		"Pod":                          {"*", "", "Pod", ""},
		"v1/Pod":                       {"*", "v1", "Pod", ""},
		"v1beta1/CronJob":              {"*", "v1beta1", "CronJob", ""},
		"*/Pod":                        {"*", "*", "Pod", ""},
		"*/*":                          {"*", "", "*", "*"},
		"*/scale":                      {"*", "", "*", "scale"},
		"Pod/exec":                     {"*", "", "Pod", "exec"},
		"Pod.status":                   {"*", "", "Pod", "status"},
		"v1/Pod/exec":                  {"*", "v1", "Pod", "exec"},
		"v1/Pod.status":                {"*", "v1", "Pod", "status"},
		"apps/v1/Deployment":           {"apps", "v1", "Deployment", ""},
		"apps/*/Deployment/scale":      {"apps", "*", "Deployment", "scale"},
		"tekton.dev/v1/TaskRun.status": {"tekton.dev", "v1", "TaskRun", "status"},
		"*/*/Deployment":               {"*", "*", "*", "Deployment"}, // to Kyverno too: `*` is a version
	} {
		if got, ok := table(t).selector(entry); !ok || got != want {
			t.Errorf("selector(%q) = %v, %v; want %v", entry, got, ok, want)
		}
	}
	for _, bad := range []string{"", "/", "Pod/", "/Pod", "a/b/c/d/e", "Pod."} {
		if got, ok := table(t).selector(bad); ok {
			t.Errorf("selector(%q) = %v, want none", bad, got)
		}
	}
}
