package admission

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/scheme"
)

// TestClusterKinds holds the list against the markers in the source of the API:
// a kind that is missing would get a namespace that it does not have.
func TestClusterKinds(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/api").Output()
	if err != nil {
		t.Skip("the source of k8s.io/api is not to be found: " + err.Error())
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "*", "*", "types.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no types.go below %s: %v", dir, err)
	}
	marked := map[string]bool{}
	kind := regexp.MustCompile(`(?m)^type (\w+) struct`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// The marker is in one of the comments before the type.
		for _, part := range strings.Split(string(source), "+genclient:nonNamespaced\n")[1:] {
			marked[kind.FindStringSubmatch(part)[1]] = true
		}
	}
	if got, want := slices.Sorted(slices.Values(clusterKinds())), slices.Sorted(maps.Keys(marked)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestResources wants a resource for every built-in kind that has one.
func TestResources(t *testing.T) {
	// Kinds that are never sent to a resource of their own name, or at all.
	other := regexp.MustCompile(`^(.*List|.*Options|WatchEvent|API.*|Status|Scale|.*Review|DeploymentRollback|RangeAllocation|SerializedReference)$`)
	known := informers.NewSharedInformerFactory(nil, 0)
	k := newKinds(nil)
	count := 0
	for kind := range scheme.Scheme.AllKnownTypes() {
		_, sub := subresourceKinds()[kind.GroupKind()]
		if kind.Version == "__internal" || sub || other.MatchString(kind.Kind) {
			continue
		}
		e, ok := k.endpointOf(kind, false)
		if _, err := known.ForResource(e.resource); err != nil || !ok {
			t.Errorf("%s: got %s, known %t: %v", kind, e.resource, ok, err)
		}
		count++
	}
	if count < 100 {
		t.Errorf("only %d kinds", count)
	}
}

func TestPlural(t *testing.T) {
	for word, want := range map[string]string{
		"pod": "pods", "policy": "policies", "gateway": "gateways", "class": "classes", "box": "boxes", "match": "matches", "mesh": "meshes",
	} {
		if got := plural(word); got != want {
			t.Errorf("%s: got %s, want %s", word, got, want)
		}
	}
}

// TestEquivalentResources wants stable versions only, and events in both groups.
func TestEquivalentResources(t *testing.T) {
	tests := map[schema.GroupVersionResource][]string{
		{Group: "apps", Version: "v1", Resource: "deployments"}:                     {"apps/v1"},
		{Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers"}: {"autoscaling/v1", "autoscaling/v2"},
		{Version: "v1", Resource: "events"}:                                         {"events.k8s.io/v1", "v1"},
	}
	for resource, want := range tests {
		same := equivalentResources().EquivalentResourcesFor(resource, "")
		got := make([]string, len(same))
		for i, r := range same {
			got[i] = r.GroupVersion().String()
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", resource.Resource, got, want)
		}
	}
}
