package compare_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/sample"
)

func TestVerdictsText(t *testing.T) {
	same := compare.Verdicts{Comparison: compare.Comparison{Places: 1, Samples: 300}}
	change := func(d compare.Direction, p compare.Place, like int, rules ...string) compare.Change {
		return compare.Change{Direction: d, Place: p, Rules: rules, Like: like, Witness: sample.Sample{Text: "a pod with\nhostPID", Object: &unstructured.Unstructured{Object: map[string]any{"kind": "Pod"}}}}
	}
	changed := compare.Verdicts{Comparison: compare.Comparison{Places: 2, Samples: 300, Changes: []compare.Change{
		change(compare.Denied, compare.Place{Name: "mw-x", For: "mw-*"}, 1, "a", "b"),
		change(compare.Denied, compare.Place{Name: "web", For: "web"}, 0, "a"),
		change(compare.Unwarned, compare.Place{Name: "web"}, 12, "c"),
	}}}
	for want, v := range map[string]compare.Verdicts{
		"verdicts   unchanged: 300 pods in 1 kind of namespace\n": same,
		"verdicts   2 newly denied, 1 no longer warned: 300 pods in 2 kinds of namespaces\n" +
			"  newly denied in mw-*: a pod with hostPID, rule a and b (and 1 pod more)\n" +
			"  newly denied in web: a pod with hostPID, rule a\n" +
			"  no longer warned in web: a pod with hostPID, rule c (and 12 pods more)\n": changed,
	} {
		var out bytes.Buffer
		if err := v.Text(&out); err != nil || out.String() != want {
			t.Errorf("%v, got\n%swant\n%s", err, out.String(), want)
		}
	}
	var out bytes.Buffer
	if err := changed.JSON(&out); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Changes []struct {
			Direction string
			Place     struct{ Namespace, For string }
			Rules     []string
			Witness   struct{ Object struct{ Kind string } }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if c := got.Changes[0]; c.Direction != "newly denied" || c.Place.Namespace != "mw-x" || c.Place.For != "mw-*" || len(c.Rules) != 2 || c.Witness.Object.Kind != "Pod" {
		t.Errorf("%+v", c)
	}
	out.Reset()
	if err := same.JSON(&out); err != nil || !bytes.Contains(out.Bytes(), []byte(`"changes": []`)) {
		t.Errorf("%v %s", err, out.String())
	}
}
