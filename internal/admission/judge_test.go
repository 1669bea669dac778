package admission

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// judgeOf makes a judge of policies, each with a binding that denies.
func judgeOf(t testing.TB, policies ...*admissionregistrationv1.ValidatingAdmissionPolicy) *Judge {
	t.Helper()
	objects := make([]runtime.Object, 0, 2*len(policies))
	for _, p := range policies {
		objects = append(objects, p, goodBinding(p.Name))
	}
	objs, err := FromObjects(objects...)
	if err != nil {
		t.Fatal(err)
	}
	return newJudge(t, objs)
}

func podOf(t testing.TB, containers int) *unstructured.Unstructured {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}}
	for i := range containers {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: fmt.Sprintf("c%d", i), Image: "i"})
	}
	u, err := FromTyped(pod)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestBudget runs expressions over a pod of 100 containers and a long
// annotation: one that is too expensive alone, and many that are so together.
// The API server's dispatcher must say the same.
func TestBudget(t *testing.T) {
	search := "!object.metadata.annotations.long.contains('" + strings.Repeat("b", 450) + "')" // costs 900,000
	const triples = "object.spec.containers.all(a, object.spec.containers.all(b, object.spec.containers.all(c, a.name != b.name + c.name)))"
	many := make([]admissionregistrationv1.Validation, 12)
	for i := range many {
		many[i].Expression = search
	}
	tests := map[string]struct {
		validations []admissionregistrationv1.Validation
		ignore      bool
		want        string
		cost        int64
	}{
		"one is fine":      {many[:1], false, "", 900_000},
		"one is too much":  {[]admissionregistrationv1.Validation{{Expression: triples}}, false, "operation cancelled: actual cost limit exceeded", 1_000_001},
		"many are":         {many, false, "validation failed due to running out of cost budget, no further validation rules will be run", 10_000_000},
		"many are ignored": {many, true, "", 10_000_000},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := goodPolicy()
			p.Spec.Validations = tt.validations
			if tt.ignore {
				ignore := admissionregistrationv1.Ignore
				p.Spec.FailurePolicy = &ignore
			}
			judge, request := judgeOf(t, p), Request{Object: podOf(t, 100)}
			request.Object.SetAnnotations(map[string]string{"long": strings.Repeat("a", 200_000)})
			review, err := judge.Review(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			if got := review.Message(); (tt.want == "") != (got == "") || !strings.HasSuffix(got, tt.want) {
				t.Errorf("got %q, want it to end %q", got, tt.want)
			}
			if cost := review.Evaluations[0].Cost; cost < tt.cost || cost > tt.cost+100 {
				t.Errorf("it cost %d, want about %d", cost, tt.cost)
			}
			c, err := judge.complete(request)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := answerOf(t, review), realDispatcher(t, judge, c); !reflect.DeepEqual(got, want) {
				t.Errorf("got:\n%s\nwant:\n%s", show(got), show(want))
			}
		})
	}
}

// TestObjectsStayAsTheyAre wants requests not to change what they share.
func TestObjectsStayAsTheyAre(t *testing.T) {
	p := goodPolicy()
	p.Spec.Validations = []admissionregistrationv1.Validation{
		{Expression: "object.metadata.namespace == request.namespace && object.metadata.name.startsWith('web-')"},
	}
	judge := judgeOf(t, p)
	pod := podOf(t, 1)
	pod.SetName("")
	pod.SetGenerateName("web-")
	before := pod.DeepCopy()
	for _, namespace := range []string{"a", "b", ""} {
		review, err := judge.Review(t.Context(), Request{Object: pod, Namespace: namespace})
		if err != nil || !review.Allowed() {
			t.Errorf("in %q: %v, %s", namespace, err, review.Message())
		}
	}
	if !reflect.DeepEqual(pod, before) {
		t.Errorf("the pod became %v", pod.Object)
	}
}

// TestConcurrentReviews is for the race detector.
func TestConcurrentReviews(t *testing.T) {
	p := goodPolicy()
	p.Spec.Variables = []admissionregistrationv1.Variable{{Name: "n", Expression: "object.metadata.name"}}
	p.Spec.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "c", Expression: "request.name != 'x'"}}
	p.Spec.Validations = []admissionregistrationv1.Validation{{Expression: "variables.n != 'p'", Message: "no"}}
	judge, pod := judgeOf(t, p), podOf(t, 3)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				review, err := judge.Review(t.Context(), Request{Object: pod})
				if err != nil || review.Allowed() {
					t.Errorf("%v, allowed %t", err, review.Allowed())
				}
			}
		})
	}
	wg.Wait()
}

func TestNewJudgeRefusesTwoOfAName(t *testing.T) {
	objs := load(t, "f.yaml", referred+referred)
	if _, err := NewJudge(objs, Options{}); err == nil ||
		!strings.Contains(err.Error(), "judge ValidatingAdmissionPolicy/with-params: f.yaml:18: there is another of that name\n") {
		t.Errorf("got %v", err)
	}
}

// TestAuthorize wants the default to deny and say why, and errors to reach the policy.
func TestAuthorize(t *testing.T) {
	p := goodPolicy()
	p.Spec.Validations = []admissionregistrationv1.Validation{{
		Expression: "authorizer.group('apps').resource('deployments').namespace('n').name('d').subresource('scale').check('get').allowed()" +
			" || authorizer.path('/healthz').check('get').errored()",
	}}
	objs, err := FromObjects(p, goodBinding("p"))
	if err != nil {
		t.Fatal(err)
	}
	judge, err := NewJudge(objs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	review, err := judge.Review(t.Context(), Request{Object: podOf(t, 1)})
	if err != nil || review.Allowed() || len(review.Permissions) != 2 {
		t.Fatalf("%v, allowed %t, answers %v", err, review.Allowed(), review.Permissions)
	}
	want := Access{
		User: User{Name: "unknown", Groups: []string{"system:authenticated"}}, Verb: "get", Group: "apps", Version: "*",
		Resource: "deployments", Subresource: "scale", Namespace: "n", Name: "d",
	}
	if got := review.Permissions[0]; !reflect.DeepEqual(got.Access, want) || got.Allowed ||
		got.Reason != "permissions are not known here, so nothing is taken for allowed" {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := review.Permissions[1].Access; got.Path != "/healthz" || got.Resource != "" {
		t.Errorf("got %+v", got)
	}

	judge, err = NewJudge(objs, Options{Authorize: func(context.Context, Access) (bool, string, error) {
		return false, "", errors.New("out of reach")
	}})
	if err != nil {
		t.Fatal(err)
	}
	review, err = judge.Review(t.Context(), Request{Object: podOf(t, 1)})
	if err != nil || !review.Allowed() {
		t.Errorf("%v, %s", err, review.Message())
	}
}

// TestParamsOfTheRelease wants parameters without a namespace in that of the release.
func TestParamsOfTheRelease(t *testing.T) {
	p, b := goodPolicy(), goodBinding("p")
	p.Spec.ParamKind = &admissionregistrationv1.ParamKind{APIVersion: "v1", Kind: "ConfigMap"}
	p.Spec.Validations = []admissionregistrationv1.Validation{{Expression: "params.data.a == 'b' && params.metadata.namespace == 'release'"}}
	deny := admissionregistrationv1.DenyAction
	b.Spec.ParamRef = &admissionregistrationv1.ParamRef{Name: "c", Namespace: "release", ParameterNotFoundAction: &deny}
	objs, err := FromObjects(p, b, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "c"}, Data: map[string]string{"a": "b"}})
	if err != nil {
		t.Fatal(err)
	}
	for namespace, want := range map[string]bool{"release": true, "": false} {
		judge, err := NewJudge(objs, Options{Namespace: namespace})
		if err != nil {
			t.Fatal(err)
		}
		review, err := judge.Review(t.Context(), Request{Object: podOf(t, 1)})
		if err != nil || review.Allowed() != want {
			t.Errorf("released into %q: %v, %s", namespace, err, review.Message())
		}
	}
}

// TestConditionsThatAreNotShared has policies whose match conditions read alike
// and mean something else, by a variable or a parameter of their own.
func TestConditionsThatAreNotShared(t *testing.T) {
	policy := func(name, condition, value string) *admissionregistrationv1.ValidatingAdmissionPolicy {
		p := goodPolicy()
		p.Name = name
		p.Spec.Variables = []admissionregistrationv1.Variable{{Name: "v", Expression: value}}
		p.Spec.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "c", Expression: condition}}
		return p
	}
	without := policy("a", "request.name == 'p'", "1")
	with := policy("b", "request.name == 'p'", "1")
	with.Spec.MatchConditions[0].Name = "other"
	unknown := policy("c", "params == null", "1")
	param := policy("d", "params == null", "1")
	param.Spec.ParamKind = &admissionregistrationv1.ParamKind{APIVersion: "v1", Kind: "ConfigMap"}
	judge := judgeOf(t, without, with, policy("e", "variables.v == 1", "1"), policy("f", "variables.v == 1", "2"), unknown, param)
	review, err := judge.Review(t.Context(), Request{Object: podOf(t, 1)})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Outcome{"a": Admitted, "b": Admitted, "c": Errored, "d": Admitted, "e": Admitted, "f": Skipped}
	for _, e := range review.Evaluations {
		if e.Outcome != want[e.Policy] {
			t.Errorf("%s: got %s, want %s", e.Policy, e.Outcome, want[e.Policy])
		}
	}
	if len(review.Evaluations) != len(want) {
		t.Errorf("got %d evaluations", len(review.Evaluations))
	}
}
