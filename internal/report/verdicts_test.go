package report_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/verdict"
)

func TestVerdictsText(t *testing.T) {
	same := report.Verdicts{Comparison: verdict.Comparison{Places: 1, Samples: 300}}
	change := func(d verdict.Direction, p verdict.Place, like int, rules ...string) verdict.Change {
		return verdict.Change{Direction: d, Place: p, Rules: rules, Like: like, Witness: verdict.Sample{Text: "a pod with\nhostPID", Object: &unstructured.Unstructured{Object: map[string]any{"kind": "Pod"}}}}
	}
	changed := report.Verdicts{Comparison: verdict.Comparison{Places: 2, Samples: 300, Changes: []verdict.Change{
		change(verdict.Denied, verdict.Place{Name: "mw-x", For: "mw-*"}, 1, "a", "b"),
		change(verdict.Denied, verdict.Place{Name: "web", For: "web"}, 0, "a"),
		change(verdict.Unwarned, verdict.Place{Name: "web"}, 12, "c"),
	}}}
	for want, v := range map[string]report.Verdicts{
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
