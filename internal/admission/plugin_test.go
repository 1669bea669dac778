package admission

import (
	"encoding/json"
	"flag"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/warning"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
)

// TestPlugin holds every review against the whole plugin of the API server,
// which reads, compiles and evaluates the policies itself. It keeps them in no
// order, so of several denials it may report any.
func TestPlugin(t *testing.T) {
	silence(t)
	for _, c := range loadCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			judge := newJudge(t, c.objs)
			requests := map[string]*completed{}
			for name, r := range c.requests {
				if request, err := judge.complete(r); err == nil {
					requests[name] = request
				}
			}
			plugin := realPlugin(t, judge.objs, requests)
			for name, request := range requests {
				review, err := judge.Review(t.Context(), c.requests[name])
				if err != nil {
					continue // the judge cannot tell
				}
				t.Run(name, func(t *testing.T) {
					o := &observer{Attributes: typedAttributes(t, request), answer: answer{Audit: map[string]string{}}}
					ctx := warning.WithWarningRecorder(t.Context(), o)
					o.take(t, plugin.Validate(ctx, o, interfaces{mapper: equivalentResources()}))
					compareUnordered(t, review, o.answer)
				})
			}
		})
	}
}

// silence keeps the plugin from telling of its work at length.
func silence(t *testing.T) {
	t.Helper()
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	if err := flags.Parse([]string{"-logtostderr=false", "-stderrthreshold=FATAL"}); err != nil {
		t.Fatal(err)
	}
	klog.SetOutput(io.Discard)
}

func compareUnordered(t *testing.T, review *Review, want answer) {
	t.Helper()
	got := answerOf(t, review)
	failures := review.Denials()
	denials := make([]string, len(failures))
	for i, f := range failures {
		denials[i] = f.Denial()
	}
	if want.Status == nil != (len(denials) == 0) {
		t.Errorf("got denials %q, want status %+v", denials, want.Status)
	} else if want.Status != nil && !slices.ContainsFunc(denials, func(d string) bool { return strings.HasSuffix(want.Status.Message, d) }) {
		t.Errorf("got denials %q, want one of them to end %q", denials, want.Status.Message)
	}
	slices.Sort(got.Warnings)
	slices.Sort(want.Warnings)
	if !slices.Equal(got.Warnings, want.Warnings) {
		t.Errorf("got warnings %q, want %q", got.Warnings, want.Warnings)
	}
	if g, w := unordered(t, got.Audit), unordered(t, want.Audit); !reflect.DeepEqual(g, w) {
		t.Errorf("got audit annotations %q, want %q", g, w)
	}
}

// unordered sorts what stands in audit annotations in the order of policies or
// parameters.
func unordered(t *testing.T, annotations map[string]string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for key, value := range annotations {
		parts := strings.Split(value, ", ")
		if strings.HasPrefix(value, "[") {
			var raw []json.RawMessage
			if err := json.Unmarshal([]byte(value), &raw); err != nil {
				t.Fatal(err)
			}
			parts = nil
			for _, r := range raw {
				parts = append(parts, string(r))
			}
		}
		slices.Sort(parts)
		out[key] = parts
	}
	return out
}

func realPlugin(t *testing.T, objs *Objects, requests map[string]*completed) *validating.Plugin {
	t.Helper()
	all := make([]runtime.Object, 0, len(objs.Policies)+len(objs.Bindings)+len(objs.Others))
	for _, p := range objs.Policies {
		all = append(all, p.ValidatingAdmissionPolicy)
	}
	for _, b := range objs.Bindings {
		all = append(all, b.ValidatingAdmissionPolicyBinding)
	}
	for _, n := range clusterNamespaces(objs, slices.Collect(maps.Values(requests))...) {
		all = append(all, n)
	}
	for _, o := range objs.Others {
		all = append(all, typed(t, o.Unstructured))
	}
	client := fake.NewClientset(all...)
	factory := informers.NewSharedInformerFactory(client, 0)
	plugin, err := validating.NewPlugin(nil)
	if err != nil {
		t.Fatal(err)
	}
	plugin.SetExternalKubeInformerFactory(factory)
	plugin.SetExternalKubeClientSet(client)
	plugin.SetDynamicClient(dynamicfake.NewSimpleDynamicClient(scheme.Scheme))
	plugin.SetRESTMapper(restMapper())
	plugin.SetUnconditionalAuthorizer(testAuthorizer{})
	plugin.SetDrainedNotification(t.Context().Done())
	if err := plugin.ValidateInitialization(); err != nil {
		t.Fatal(err)
	}
	factory.Start(t.Context().Done())
	factory.WaitForCacheSync(t.Context().Done())
	return plugin
}

// restMapper knows the one kind of parameters that the cases use.
func restMapper() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Version: "v1"}})
	mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, meta.RESTScopeNamespace)
	return mapper
}
