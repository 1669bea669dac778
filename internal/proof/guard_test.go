package proof_test

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
)

// labelled gives a Namespace; labels are `key=value` with `~` for the domain.
func labelled(t testing.TB, labels string) *unstructured.Unstructured {
	t.Helper()
	n := &corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: "site"}}
	for _, l := range strings.Fields(labels) {
		key, value, _ := strings.Cut(l, "=")
		metav1.SetMetaDataLabel(&n.ObjectMeta, strings.Replace(key, "~", domain, 1), value)
	}
	o, err := admission.FromTyped(n)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestGuard tries who may do what to the labels of a namespace, on the namespace
// itself and by its subresources.
func TestGuard(t *testing.T) {
	guard := &gatekeeper{}
	guard.judge = guardWorld(t, guard.answer)
	for name, c := range map[string]struct {
		before, after string // before is empty for a new namespace
		guarded       bool
	}{
		"new, no labels":            {"", "", false},
		"new, other labels":         {"", "team=a example.org/profile=restricted", false},
		"new, profile":              {"", "~/profile=restricted", true},
		"new, empty profile":        {"", "~/profile=", true},
		"new, exception":            {"", "~/geoip=include", true},
		"nothing changes":           {"~/profile=restricted", "~/profile=restricted", false},
		"another label changes":     {"~/profile=restricted a=b", "~/profile=restricted a=c", false},
		"another label goes":        {"~/profile=restricted a=b", "~/profile=restricted", false},
		"label set":                 {"a=b", "a=b ~/geoip=include", true},
		"label changed":             {"~/profile=restricted", "~/profile=privileged", true},
		"label emptied":             {"~/profile=restricted", "~/profile=", true},
		"label removed":             {"~/profile=restricted a=b", "a=b", true},
		"last label removed":        {"~/profile=restricted", " ", true},
		"label swapped for another": {"~/geoip=include", "~/srv=include", true},
		"domain that ends in it":    {"a=b", "a=b x~/profile=privileged", false},
		"domain that begins so":     {"a=b", "a=b ~.evil.example/profile=privileged", false},
		"no domain":                 {"a=b", "a=b profile=privileged", false},
	} {
		for _, subresource := range []string{"", "status", "finalize"} {
			r := admission.Request{Object: labelled(t, c.after), Subresource: subresource, User: admission.User{Name: "eve"}}
			if c.before != "" {
				r.OldObject = labelled(t, c.before)
			} else if subresource != "" {
				continue
			}
			for _, allowed := range []bool{false, true} {
				guard.ask(t, name+" by "+subresource, r, allowed, c.guarded)
			}
		}
	}
}

// gatekeeper is the guard, and who answers it.
type gatekeeper struct {
	judge  *admission.Judge
	allows bool
	asked  []admission.Access
}

func (g *gatekeeper) answer(_ context.Context, a admission.Access) (allowed bool, reason string, err error) {
	g.asked = append(g.asked, a)
	return g.allows, "", nil
}

func (g *gatekeeper) ask(t *testing.T, name string, r admission.Request, allowed, guarded bool) {
	t.Helper()
	g.allows, g.asked = allowed, nil
	review, err := g.judge.Review(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if want := allowed || !guarded; review.Allowed() != want {
		t.Errorf("%s, permission %t: allowed is %t: %s", name, allowed, !want, review.Message())
	}
	if (len(g.asked) > 0) != guarded {
		t.Errorf("%s: asked %v", name, g.asked)
	}
	for _, a := range g.asked {
		if a.Verb != "label-pod-security" || a.Resource != "namespaces" || a.Group != "" || a.Name != "site" || a.User.Name != "eve" {
			t.Errorf("%s: asked %+v", name, a)
		}
	}
	if !review.Allowed() && (review.Status().Code != 403 || !strings.Contains(review.Message(), domain)) {
		t.Errorf("%s: %v", name, review.Status())
	}
}

// guardWorld gives a judge of the guard alone.
func guardWorld(t *testing.T, authorize admission.Authorize) *admission.Judge {
	t.Helper()
	objs := loadOnly(t, values{"namespaceBinding": "label"}, func(name string) bool { return name == chartName+"-guard" })
	judge, err := admission.NewJudge(objs, admission.Options{Authorize: authorize})
	if err != nil {
		t.Fatal(err)
	}
	return judge
}

// TestGuardComesWithLabels holds that the guard and the ClusterRole that opens
// it are there where labels bind, by the verb of the values, and only there.
func TestGuardComesWithLabels(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	for _, verb := range []string{"open-doors", "null"} { // a text, though not to YAML
		objs := load(t, values{"namespaceBinding": "label", "guard": values{"verb": verb}, "labelDomain": "example.org"})
		if len(objs.Others) != 1 || objs.Others[0].GetKind() != "ClusterRole" || objs.Others[0].GetName() != chartName+"-"+verb {
			t.Fatalf("others are %v", objs.Others)
		}
		rules, _, err := unstructured.NestedSlice(objs.Others[0].Object, "rules")
		if err != nil || len(rules) != 1 {
			t.Fatalf("rules are %v, %v", rules, err)
		}
		if verbs, _, err := unstructured.NestedStringSlice(rules[0].(map[string]any), "verbs"); err != nil || len(verbs) != 1 || verbs[0] != verb {
			t.Errorf("verbs are %v, %v", verbs, err)
		}
	}
	if objs := load(t, nil); len(objs.Others) > 0 {
		t.Errorf("by name there is %s", objs.Others[0].GetName())
	}
}
