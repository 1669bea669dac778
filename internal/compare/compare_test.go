package compare_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/sample"
)

// sample is an object that the rules of these tests know by what it uses.
func newSample(uses string, size int) sample.Sample {
	o := &unstructured.Unstructured{Object: map[string]any{"uses": uses}}
	return sample.Sample{Name: fmt.Sprintf("%s/%d", uses, size), Text: "a pod with " + uses, Size: size, Object: o}
}

// forbids is a judge: what a namespace's labels forbid is denied, warned about or
// audited, by the rule of that name.
func forbids(_ context.Context, o *unstructured.Unstructured, in *corev1.Namespace) (admission.Answer, error) {
	var out admission.Answer
	for use := range strings.SplitSeq(o.Object["uses"].(string), "+") {
		said := admission.Failure{Policy: "no-" + use, Message: use + " in " + in.Name}
		switch in.Labels[use] {
		case "deny":
			out.Denied = append(out.Denied, said)
		case "warn":
			out.Warned = append(out.Warned, said)
		case "audit":
			out.Audited = append(out.Audited, said)
		}
	}
	return out, nil
}

// labels reads "use=action use=action".
func labels(text string) map[string]string {
	out := map[string]string{}
	for _, pair := range strings.Fields(text) {
		key, value, _ := strings.Cut(pair, "=")
		out[key] = value
	}
	return out
}

func TestCompare(t *testing.T) {
	samples := []sample.Sample{
		newSample("pid", 9), newSample("pid", 3), newSample("ipc+pid", 4), newSample("ipc", 5), newSample("net+ipc", 1), newSample("nothing", 1),
	}
	for _, c := range []struct {
		name, before, after string
		want                []string
	}{
		{"the same", "pid=deny ipc=warn", "pid=deny ipc=warn", nil},
		{"the smallest is shown, the rest counted", "", "pid=deny",
			[]string{"newly denied pid/3 by no-pid +2 (pid in web)"}},
		{"a sample of two rules that are told tells nothing new", "", "pid=deny ipc=deny",
			[]string{"newly denied net+ipc/1 by no-ipc +2 (ipc in web)", "newly denied pid/3 by no-pid +1 (pid in web)"}},
		{"a sample of two rules of which one is not told", "", "net=deny ipc=deny",
			[]string{"newly denied ipc+pid/4 by no-ipc +1 (ipc in web)", "newly denied net+ipc/1 by no-ipc,no-net +0 (net in web)"}},
		{"admitted", "ipc=deny", "", []string{"newly admitted net+ipc/1 by no-ipc +2 (ipc in web)"}},
		{"a denial outweighs a warning", "pid=deny", "pid=warn", []string{"newly admitted pid/3 by no-pid +2 (pid in web)"}},
		{"warned", "", "pid=warn", []string{"newly warned pid/3 by no-pid +2 (pid in web)"}},
		{"no longer warned", "pid=warn", "", []string{"no longer warned pid/3 by no-pid +2 (pid in web)"}},
		{"audited", "pid=audit", "ipc=audit",
			[]string{"newly audited net+ipc/1 by no-ipc +1 (ipc in web)", "no longer audited pid/3 by no-pid +1 (pid in web)"}},
		{"what is denied on both sides is not told", "pid=deny", "pid=deny ipc=warn",
			[]string{"newly warned net+ipc/1 by no-ipc +1 (ipc in web)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			place := compare.Place{Name: "web", For: "w*", Before: labels(c.before), After: labels(c.after)}
			got, err := compare.Compare(t.Context(), forbids, forbids, []compare.Place{place}, samples)
			if err != nil || got.Places != 1 || got.Samples != len(samples) {
				t.Fatal(got, err)
			}
			if lines := told(got); !reflect.DeepEqual(lines, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func told(c compare.Comparison) []string {
	var out []string
	for _, c := range c.Changes {
		out = append(out, fmt.Sprintf("%s %s by %s +%d (%s)", c.Direction, c.Witness.Name, strings.Join(c.Rules, ","), c.Like, c.Message))
	}
	return out
}

// TestCompareKeepsTheOrder wants the changes of many places in the order of the
// places, and the same on every run.
func TestCompareKeepsTheOrder(t *testing.T) {
	var places []compare.Place
	for i := range 50 {
		places = append(places, compare.Place{Name: fmt.Sprintf("n%d", 50-i), After: labels("pid=deny ipc=deny")})
	}
	samples := []sample.Sample{newSample("pid", 3), newSample("ipc", 3), newSample("ipc+pid", 1)}
	first, err := compare.Compare(t.Context(), forbids, forbids, places, samples)
	if err != nil || len(first.Changes) != 100 || first.Count(compare.Denied) != 100 || first.Count(compare.Admitted) != 0 {
		t.Fatal(len(first.Changes), err)
	}
	for i, c := range first.Changes {
		if want := places[i/2].Name; c.Place.Name != want {
			t.Fatalf("change %d is in %s, want %s", i, c.Place.Name, want)
		}
	}
	for range 5 {
		if again, err := compare.Compare(t.Context(), forbids, forbids, places, samples); err != nil || !reflect.DeepEqual(again, first) {
			t.Fatal("another result", err)
		}
	}
}

// TestCompareStops wants the error of either judge told with what it was about, and
// no more work after it.
func TestCompareStops(t *testing.T) {
	var asked atomic.Int64
	broken := func(context.Context, *unstructured.Unstructured, *corev1.Namespace) (admission.Answer, error) {
		asked.Add(1)
		return admission.Answer{}, errors.New("no such policy")
	}
	places, samples := []compare.Place{{Name: "web"}}, []sample.Sample{newSample("pid", 1)}
	for side, judges := range map[string][2]admission.Ask{"before": {broken, forbids}, "after": {forbids, broken}} {
		_, err := compare.Compare(t.Context(), judges[0], judges[1], places, samples)
		if want := "compare pid/1 in web, " + side + ": no such policy"; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	asked.Store(0)
	many := make([]compare.Place, 10000)
	if _, err := compare.Compare(t.Context(), broken, forbids, many, samples); err == nil || asked.Load() > 1000 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}
