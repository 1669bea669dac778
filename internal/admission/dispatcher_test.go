package admission

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/generic"
	"k8s.io/apiserver/pkg/admission/plugin/policy/matching"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/client-go/kubernetes/scheme"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func newJudge(t testing.TB, objs *Objects) *Judge {
	t.Helper()
	judge, err := NewJudge(objs, Options{
		Authorize: func(_ context.Context, access Access) (bool, string, error) {
			allowed, reason := authorize(access)
			return allowed, reason, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return judge
}

// answer is what an API server makes of a request.
type answer struct {
	Status   *metav1.Status
	Warnings []string
	Audit    map[string]string
}

// answerOf is the same of a review.
func answerOf(t *testing.T, r *Review) answer {
	t.Helper()
	audit, err := r.AuditAnnotations()
	if err != nil {
		t.Fatal(err)
	}
	return answer{r.Status(), r.Warnings(), audit}
}

// observer takes the side effects of a request.
type observer struct {
	admission.Attributes
	answer
}

func (o *observer) AddAnnotation(key, value string) error {
	o.Audit[key] = value
	return o.Attributes.AddAnnotation(key, value)
}

func (o *observer) AddWarning(_, text string) { o.Warnings = append(o.Warnings, text) }

// typedAttributes gives attributes with the objects as the API server has
// them: in their Go types.
func typedAttributes(t *testing.T, c *completed) admission.Attributes {
	t.Helper()
	a := c.attributes()
	return admission.NewAttributesRecord(typed(t, c.Object), typed(t, c.OldObject), a.GetKind(), a.GetNamespace(),
		a.GetName(), a.GetResource(), a.GetSubresource(), a.GetOperation(), a.GetOperationOptions(), a.IsDryRun(), a.GetUserInfo())
}

func typed(t *testing.T, u *unstructured.Unstructured) runtime.Object {
	t.Helper()
	if u == nil {
		return nil
	}
	if !scheme.Scheme.Recognizes(u.GroupVersionKind()) {
		return u
	}
	object, err := scheme.Scheme.New(u.GroupVersionKind())
	if err == nil {
		err = runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, object)
	}
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// TestDispatcher holds every review against the API server's own dispatcher,
// given the same policies in the same order.
func TestDispatcher(t *testing.T) {
	for _, c := range loadCases(t) {
		judge := newJudge(t, c.objs)
		for _, name := range slices.Sorted(maps.Keys(c.requests)) {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				review, err := judge.Review(t.Context(), c.requests[name])
				if err != nil {
					t.Skip("the judge cannot tell: " + err.Error())
				}
				request, err := judge.complete(c.requests[name])
				if err != nil {
					t.Fatal(err)
				}
				if exempt(request.Resource) {
					t.Skip("the plugin does not ask the dispatcher")
				}
				got, want := answerOf(t, review), realDispatcher(t, judge, request)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("got:\n%s\nwant:\n%s", show(got), show(want))
				}
			})
		}
	}
}

func realDispatcher(t *testing.T, judge *Judge, c *completed) answer {
	t.Helper()
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, nil)
	for _, n := range clusterNamespaces(judge.objs, c) {
		if err := indexer.Add(n); err != nil {
			t.Fatal(err)
		}
	}
	matcher := generic.NewPolicyMatcher(matching.NewMatcher(corelisters.NewNamespaceLister(indexer), nil))
	dispatcher := validating.NewDispatcher(testAuthorizer{}, matcher)
	hooks := make([]validating.PolicyHook, 0, len(judge.hooks))
	for _, h := range judge.hooks {
		hooks = append(hooks, validating.PolicyHook{
			Policy: h.policy, Bindings: h.bindings, Evaluator: h.validator(),
			ParamInformer: h.params.informer, ParamScope: h.params.scope, ConfigurationError: h.params.err,
		})
	}
	o := &observer{Attributes: typedAttributes(t, c), answer: answer{Audit: map[string]string{}}}
	ctx := warning.WithWarningRecorder(t.Context(), o)
	o.take(t, dispatcher.Dispatch(ctx, o, interfaces{mapper: equivalentResources()}, hooks))
	return o.answer
}

func (o *observer) take(t *testing.T, err error) {
	t.Helper()
	var status *apierrors.StatusError
	switch {
	case errors.As(err, &status):
		o.Status = &status.ErrStatus
	case err != nil:
		t.Fatal(err)
	}
}

// clusterNamespaces gives the namespaces that a cluster would have.
func clusterNamespaces(objs *Objects, requests ...*completed) []*corev1.Namespace {
	out := map[string]*corev1.Namespace{}
	for _, n := range objs.Namespaces {
		out[n.Name] = n.Namespace
	}
	for _, c := range requests {
		if c.Namespace != "" {
			out[c.Namespace], _ = namespaces{objs.Namespaces, c.NamespaceObject}.Get(c.Namespace)
		}
	}
	return slices.Collect(maps.Values(out))
}

// testAuthorizer answers as the judge of the tests does.
type testAuthorizer struct{}

func (testAuthorizer) Authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	if allowed, reason := authorize(accessOf(a)); !allowed {
		return authorizer.DecisionNoOpinion, reason, nil
	} else {
		return authorizer.DecisionAllow, reason, nil
	}
}

func show(a answer) string {
	return fmt.Sprintf("status: %+v\nwarnings: %q\naudit: %q", a.Status, a.Warnings, a.Audit)
}
