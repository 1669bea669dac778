package chainsaw_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/policy"
)

// judge refuses hostPID by one rule and hostIPC by two, where the namespace is
// not privileged.
func judge(_ context.Context, object *unstructured.Unstructured, in *corev1.Namespace) (admission.Answer, error) {
	var pod corev1.Pod
	var out admission.Answer
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &pod); err != nil {
		return out, err
	}
	spec := pod.Spec
	say := func(p string) {
		out.Denied = append(out.Denied, admission.Failure{Policy: p, Binding: p, Message: "not in " + in.Name})
	}
	if strings.HasPrefix(in.Name, "open") {
		return out, nil
	}
	if spec.HostPID {
		say("no-pid")
	}
	if spec.HostIPC {
		say("no-ipc")
		say("no-ipc-either")
	}
	return out, nil
}

func pods() []chainsaw.Sample {
	var out []chainsaw.Sample
	add := func(name string, refused bool, change func(*corev1.PodSpec)) {
		pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "example.org/" + name}}}}
		pod.APIVersion, pod.Kind = "v1", "Pod"
		change(&pod.Spec)
		out = append(out, chainsaw.Sample{Name: name, Text: "a pod " + name, Object: pod, Refused: refused})
	}
	for i := range 9 {
		add(fmt.Sprintf("good/%d", i), false, func(*corev1.PodSpec) {})
		add(fmt.Sprintf("pid/%d", i), true, func(s *corev1.PodSpec) { s.HostPID = true })
		add(fmt.Sprintf("ipc/%d", i), true, func(s *corev1.PodSpec) { s.HostIPC = true })
		add(fmt.Sprintf("both/%d", i), true, func(s *corev1.PodSpec) { s.HostIPC, s.HostPID = true, true })
		add(fmt.Sprintf("later/%d", i), true, func(s *corev1.PodSpec) { s.HostPID, s.HostUsers = true, new(true) })
	}
	return out
}

func input(namespaces map[string]any) chainsaw.Input {
	return chainsaw.Input{
		Values:     map[string]any{"defaults": map[string]any{"profile": "privileged"}, "namespaces": namespaces},
		Kubernetes: "1.30", Ask: judge,
		Rules: []chainsaw.Rule{
			{Name: "no-pid", Profile: policy.Baseline, Samples: pods()},
			{Name: "no-ipc", Profile: policy.Baseline, Samples: pods()},
			{Name: "no-user", Profile: policy.Restricted, Samples: pods()},
		},
	}
}

func build(t *testing.T, in chainsaw.Input) (chainsaw.Result, map[string]document) {
	t.Helper()
	result, err := chainsaw.Build(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]document{}
	for _, file := range result.Files.Paths() {
		if file == "values.yaml" {
			continue
		}
		for _, d := range read(t, file, result.Files[file]) {
			d.check(t, file)
			tests[d.Metadata.Name] = d
		}
	}
	return result, tests
}

// steps gives the names of a test's steps, without what is behind the slash.
func (d document) steps() (admits, refuses []string) {
	for _, s := range d.Spec.Steps[1:] {
		name, _, _ := strings.Cut(s.Name, "/")
		if text, ok := strings.CutPrefix(name, "admits a pod "); ok {
			admits = append(admits, text)
		} else {
			refuses = append(refuses, strings.TrimPrefix(name, "refuses a pod "))
		}
	}
	return slices.Compact(admits), slices.Compact(refuses)
}

// TestBadPodsAreRefusedByTheRuleAlone holds what is chosen, and where.
func TestBadPodsAreRefusedByTheRuleAlone(t *testing.T) {
	base := map[string]any{"profile": "baseline"}
	result, tests := build(t, input(map[string]any{"base-*": base, "open-*": base, "exact": base}))
	admits, refuses := tests["no-pid"].steps()
	if !slices.Equal(admits, []string{"good"}) || !slices.Equal(refuses, []string{"pid"}) {
		t.Errorf("no-pid admits %v and refuses %v", admits, refuses)
	}
	if got := tests["no-pid"].Spec.Namespace; got != "base-chainsaw-no-pid" {
		t.Errorf("the test is made in %s", got)
	}
	ipc := tests["no-ipc"]
	if _, refuses := ipc.steps(); !slices.Contains(refuses, "ipc") || !strings.Contains(ipc.Spec.Description, "any of those") {
		t.Errorf("no-ipc: %s refuses %v", ipc.Spec.Description, refuses)
	}
	if c := ipc.Spec.Steps[len(ipc.Spec.Steps)-1].Try[0].Create; len(c.Bindings) < 2 {
		t.Errorf("either policy may speak, and %v is expected", c.Bindings)
	}
	want := []chainsaw.Missing{{Name: "no-user", Why: "the values enforce it in no namespace"}}
	if !slices.Equal(result.Missing, want) || result.Rules != 2 || result.Files["values.yaml"] != nil {
		t.Errorf("got %+v", result.Missing)
	}
}

// TestSharedNamespaces holds that a namespace in use is taken only where nothing
// else will do, and that its tests run one by one.
func TestSharedNamespaces(t *testing.T) {
	_, tests := build(t, input(map[string]any{"exact": map[string]any{"profile": "baseline"}}))
	d := tests["no-pid"]
	if d.Spec.Namespace != "exact" || d.Spec.Concurrent == nil || *d.Spec.Concurrent {
		t.Errorf("namespace %s, concurrent %v", d.Spec.Namespace, d.Spec.Concurrent)
	}
}

// TestOwnNamespaces holds that the tests bring namespaces where the values have
// none, and only there.
func TestOwnNamespaces(t *testing.T) {
	in := input(map[string]any{"open-*": map[string]any{"profile": "baseline"}})
	own, err := chainsaw.Namespaces(in.Values)
	if err != nil {
		t.Fatal(err)
	}
	in.Own = own
	result, tests := build(t, in)
	if got := tests["no-pid"].Spec.Namespace; got != "chainsaw-baseline-no-pid" {
		t.Errorf("the test is made in %s", got)
	}
	if !strings.Contains(string(result.Files["values.yaml"]), "chainsaw-baseline-*:") {
		t.Errorf("no values for it: %s", result.Files["values.yaml"])
	}
	again, _ := build(t, in)
	for file, data := range result.Files {
		if string(again.Files[file]) != string(data) {
			t.Errorf("%s differs from one time to the next", file)
		}
	}
}

// TestJudgeFails holds that an error of the judge is told with its rule.
func TestJudgeFails(t *testing.T) {
	in := input(map[string]any{"base-*": map[string]any{"profile": "baseline"}})
	in.Ask = func(context.Context, *unstructured.Unstructured, *corev1.Namespace) (admission.Answer, error) {
		return admission.Answer{}, errors.New("it cannot tell")
	}
	_, err := chainsaw.Build(t.Context(), in)
	if err == nil || !strings.Contains(err.Error(), "rule no-") || !strings.Contains(err.Error(), "it cannot tell") {
		t.Errorf("got %v", err)
	}
}
