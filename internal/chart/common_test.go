package chart_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestCommonIsOnEveryObject holds that labels and annotations of the values are on
// each object of every kind, as texts, and that null takes one away.
func TestCommonIsOnEveryObject(t *testing.T) {
	values := byLabel()
	values["defaults"] = map[string]any{"profile": "restricted"}
	values["other"] = map[string]any{"service-types": map[string]any{"actions": []any{"Deny"}}}
	common := map[string]any{"example.org/team": "123", "null": "yes", "gone": nil}
	values["commonLabels"], values["commonAnnotations"] = common, common
	kinds := map[string]int{}
	for _, doc := range render(t, build(t, input(t)), values).Objects {
		data, err := doc.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var object metav1.PartialObjectMetadata
		if err := json.Unmarshal(data, &object); err != nil {
			t.Fatalf("%v in\n%s", err, doc.Text())
		}
		kinds[object.Kind]++
		for what, got := range map[string]map[string]string{"labels": object.Labels, "annotations": object.Annotations} {
			if _, gone := got["gone"]; got["example.org/team"] != "123" || got["null"] != "yes" || gone {
				t.Errorf("%s %s has %s %v", object.Kind, object.Name, what, got)
			}
		}
	}
	if kinds["ClusterRole"] != 1 || kinds["ValidatingAdmissionPolicy"] < 4 || kinds["ValidatingAdmissionPolicyBinding"] < 4 {
		t.Errorf("only these objects: %v", kinds)
	}
}

// TestNullTakesABindingAway holds that a rule of no profile which a later values file
// took away is neither installed nor told of.
func TestNullTakesABindingAway(t *testing.T) {
	files, bound := build(t, input(t)), byLabel()
	bound["other"] = map[string]any{"service-types": map[string]any{"actions": []any{"Deny"}}}
	taken := maps.Clone(bound)
	taken["other"] = map[string]any{"service-types": nil}
	for name, values := range map[string]map[string]any{"bound": bound, "taken": taken} {
		out, found := render(t, files, values), 0
		for _, doc := range out.Objects {
			if doc.Scalar("metadata", "name") == "service-types" {
				found++
			}
		}
		told := strings.Contains(out.Notes, "service-types")
		if want := name == "bound"; (found == 2) != want || told != want {
			t.Errorf("%s: %d objects, told of: %t\n%s", name, found, told, out.Notes)
		}
	}
}
