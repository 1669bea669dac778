package admission

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

func namespaceOf(name, team string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"team": team, corev1.LabelMetadataName: name}}}
}

// agree holds a clerk against a judge of the same objects, word for word, and
// gives how many denials there were.
func agree(t *testing.T, p *Precedents, objs *Objects, objects []*unstructured.Unstructured, namespaces []*corev1.Namespace) int {
	t.Helper()
	clerk, err := p.Clerk(objs)
	if err != nil {
		t.Fatal(err)
	}
	judge, denials := newJudge(t, objs), 0
	for _, n := range namespaces {
		for _, o := range objects {
			got, err := clerk.Denials(context.Background(), o, n)
			if err != nil {
				t.Fatal(err)
			}
			review, err := judge.Review(context.Background(), Request{Object: o, Operation: Create, Namespace: n.Name, NamespaceObject: n})
			if err != nil {
				t.Fatal(err)
			}
			want := review.Denials()
			refusals, err := clerk.Refusals(context.Background(), o, n)
			if err != nil || len(refusals) != len(want) {
				t.Errorf("in %s the clerk counts %v %v, want %v", n.Name, refusals, err, want)
			}
			if denials += len(want); len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
				spec := objs.Policies[0].Spec
				t.Errorf("in %s the clerk says\n%v\nthe judge\n%v\n%v\n%v\n%v", n.Name, got, want, spec.MatchConditions, spec.Variables, spec.Validations)
			}
		}
	}
	return denials
}

// random makes expressions of what folding knows and what it does not.
type random struct{ *rand.Rand }

func (r random) one(of ...string) string { return of[r.IntN(len(of))] }

func (r random) bool(depth int) string {
	if depth == 0 {
		return r.one("true", "false", `request.namespace.matches("^(?:a|b)$")`, `request.namespace.matches('^mw-.*$')`,
			`request.namespace == "a"`, "object.spec.?hostPID.orValue(false)", `"x" in variables.list`, "variables.flag",
			"request.operation == 'CREATE'", "object.spec.containers.exists(c, c.name in variables.list)", "has(request.namespace)",
			`namespaceObject.metadata.name == "b"`, `object.metadata.namespace == "a"`, "object.metadata.name == 'p'",
			"object.spec.missing == 1", `"team" in namespaceObject.metadata.labels`, "[1, 2].all(request, request > 0)")
	}
	a, b := r.bool(depth-1), r.bool(depth-1)
	switch r.IntN(8) {
	case 0:
		return "!(" + a + ")"
	case 1:
		return "(" + a + " && " + b + ")"
	case 2, 3:
		return "(" + a + " || " + b + ")"
	case 4:
		return "(" + a + " ? " + b + " : " + r.bool(depth-1) + ")"
	case 5:
		return "(" + r.list(depth-1) + ").size() " + r.one(">", "==", "<=", "!=") + " " + r.one("0", "1", "2")
	case 6:
		return r.one(`"x"`, "request.namespace", "object.metadata.name") + " in " + r.list(depth-1)
	}
	return r.list(depth-1) + ".exists(e, e == " + r.one("'x'", "request.namespace") + " && " + a + ")"
}

func (r random) list(depth int) string {
	if depth == 0 {
		return r.one("[]", `["x"]`, `["c0", "y"]`, "variables.list", "[request.namespace]", "object.spec.containers.map(c, c.name)")
	}
	if r.IntN(2) == 0 {
		return "(" + r.bool(depth-1) + " ? " + r.list(depth-1) + " : " + r.list(depth-1) + ")"
	}
	return "(" + r.list(depth-1) + " + " + r.list(depth-1) + ")"
}

// policy makes a policy, always of the same name, so that precedents of one would
// be taken for another's if they were kept by less than they depend on.
func (r random) policy() *admissionregistrationv1.ValidatingAdmissionPolicy {
	p := goodPolicy()
	early := func(text string) string { // before there are variables
		return strings.NewReplacer("variables.list", `["x"]`, "variables.flag", "false").Replace(text)
	}
	for i := range r.IntN(3) {
		text := strings.NewReplacer("namespaceObject.metadata.name", "object.metadata.name", "namespaceObject.metadata.labels", "['team']").Replace(early(r.bool(2)))
		p.Spec.MatchConditions = append(p.Spec.MatchConditions, admissionregistrationv1.MatchCondition{Name: fmt.Sprint("c", i), Expression: text})
	}
	p.Spec.Variables = []admissionregistrationv1.Variable{
		{Name: "list", Expression: early(r.list(2))}, {Name: "flag", Expression: early(r.bool(2))},
	}
	p.Spec.Validations = nil
	for range 1 + r.IntN(3) {
		p.Spec.Validations = append(p.Spec.Validations, admissionregistrationv1.Validation{
			Expression: r.bool(3), Message: r.one("", "no"),
			MessageExpression: r.one("", "'in ' + request.namespace", "has(object.spec) ? 'in ' + request.namespace : ''", "has(request.namespace) ? 'in ' + request.namespace : ''", "'only ' + variables.list.join(', ')", "object.spec.missing"),
		})
	}
	return p
}

// TestClerkAgreesOnRandom tries policies that choose by namespace in every way.
func TestClerkAgreesOnRandom(t *testing.T) {
	r := random{rand.New(rand.NewPCG(1, 2))}
	precedents, checker := NewPrecedents(), NewChecker()
	host := podOf(t, 1)
	if err := unstructured.SetNestedField(host.Object, true, "spec", "hostPID"); err != nil {
		t.Fatal(err)
	}
	objects := []*unstructured.Unstructured{podOf(t, 1), podOf(t, 0), host}
	namespaces := []*corev1.Namespace{
		namespaceOf("a", "1"), namespaceOf("b", "1"), namespaceOf("mw-web", "1"), namespaceOf("mw-jobs", "2"), namespaceOf("a", "2"),
	}
	tried, denials := 0, 0
	for tried < 100 {
		binding := goodBinding("p")
		if r.IntN(4) == 0 {
			binding.Spec.MatchResources = &admissionregistrationv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "1"}}}
		}
		objs, err := FromObjects(runtime.Object(r.policy()), binding)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := checker.Check(objs, []string{Newest()}); err != nil || len(found) > 0 {
			continue // such as lists of several types
		}
		tried++
		denials += agree(t, precedents, objs, objects, namespaces)
		if t.Failed() {
			return
		}
	}
	if denials < 200 {
		t.Errorf("only %d denials in %d policies", denials, tried)
	}
}

// TestClerkAgreesOnCases takes the objects and the creations of TestReview.
func TestClerkAgreesOnCases(t *testing.T) {
	for _, c := range loadCases(t) {
		clerk, err := NewPrecedents().Clerk(c.objs)
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range c.requests {
			if r.Object == nil || r.OldObject != nil || r.Subresource != "" || r.Operation != "" && r.Operation != Create ||
				r.User.Name != "" || r.NamespaceObject == nil {
				continue
			}
			plain := Request{Object: r.Object, Operation: Create, Namespace: r.NamespaceObject.Name, NamespaceObject: r.NamespaceObject}
			review, wantErr := newJudge(t, c.objs).Review(context.Background(), plain)
			got, gotErr := clerk.Denials(context.Background(), r.Object, r.NamespaceObject)
			if (wantErr == nil) != (gotErr == nil) {
				t.Errorf("%s %s: error %v, want %v", c.name, name, gotErr, wantErr)
			} else if wantErr == nil && len(got)+len(review.Denials()) > 0 && !reflect.DeepEqual(got, review.Denials()) {
				t.Errorf("%s %s: %v, want %v", c.name, name, got, review.Denials())
			}
		}
	}
}

// TestPrecedentsHoldElsewhere counts what is judged where policies differ in what
// does not matter in a namespace, and sees that what matters is judged again.
func TestPrecedentsHoldElsewhere(t *testing.T) {
	precedents, pod := NewPrecedents(), podOf(t, 1)
	for i := range 3 {
		p := goodPolicy()
		p.Spec.MatchConditions = []admissionregistrationv1.MatchCondition{{
			Name: "namespace", Expression: fmt.Sprintf(`!request.namespace.matches("^(?:open-%d)$")`, i),
		}}
		p.Spec.Variables = []admissionregistrationv1.Variable{{
			Name: "allowed", Expression: fmt.Sprintf(`request.namespace.matches("^(?:free-%d)$") ? ["c0"] : []`, i),
		}}
		p.Spec.Validations = []admissionregistrationv1.Validation{{
			Expression: "object.spec.containers.all(c, c.name in variables.allowed)", MessageExpression: "'only ' + variables.allowed.join(', ')",
		}}
		objs, err := FromObjects(p, goodBinding("p"))
		if err != nil {
			t.Fatal(err)
		}
		var namespaces []*corev1.Namespace
		for _, name := range []string{"open", "free", "closed"} {
			namespaces = append(namespaces, namespaceOf(fmt.Sprintf("%s-%d", name, i), "1"))
		}
		if n := agree(t, precedents, objs, []*unstructured.Unstructured{pod}, namespaces); n != 1 {
			t.Errorf("%d denials, want that of closed-%d", n, i)
		}
	}
	// One for never, and one each with and without the exception.
	if n := len(precedents.settled); n != 3 || precedents.verdicts != 2 {
		t.Errorf("%d policies with %d verdicts, want 3 with 2", n, precedents.verdicts)
	}
}

// TestClerkMindsTheRest tries what tells namespaces apart without being folded:
// a selector, the words of an error, which hold the expression, and those of a
// message.
func TestClerkMindsTheRest(t *testing.T) {
	selected, broken, worded := goodPolicy(), goodPolicy(), goodPolicy()
	worded.Spec.Validations[0] = admissionregistrationv1.Validation{
		Expression: `object.spec.?hostPID.orValue(request.namespace == "c") == true`, MessageExpression: "'not in ' + request.namespace",
	}
	selected.Spec.Validations[0].Expression = "object.spec.?hostPID.orValue(false) == true"
	broken.Spec.Validations[0].Expression = `request.namespace != "a" || object.spec.missing == 1`
	byLabel := goodBinding("p")
	byLabel.Spec.MatchResources = &admissionregistrationv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"team": "1"}}}
	for name, objects := range map[string][]runtime.Object{"selector": {selected, byLabel}, "error": {broken, goodBinding("p")}, "words": {worded, goodBinding("p")}} {
		t.Run(name, func(t *testing.T) {
			objs, err := FromObjects(objects...)
			if err != nil {
				t.Fatal(err)
			}
			if found, err := Check(objs, []string{Newest()}); err != nil || len(found) > 0 {
				t.Fatal(found, err)
			}
			clerk, err := NewPrecedents().Clerk(objs)
			if err != nil || !clerk.hooks[0].foldable {
				t.Fatal("the policy is not folded", err)
			}
			pods := []*unstructured.Unstructured{podOf(t, 1)}
			if n := agree(t, NewPrecedents(), objs, pods, []*corev1.Namespace{namespaceOf("a", "1"), namespaceOf("a", "2"), namespaceOf("b", "1")}); n != map[string]int{"selector": 2, "error": 2, "words": 3}[name] {
				t.Errorf("%d denials", n)
			}
		})
	}
}
