package proof_test

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
	typed "github.com/vapchart/vapchart/internal/values"
)

// decoded decodes values over the chart's own.
func decoded(t testing.TB, v values) typed.Values {
	t.Helper()
	whole, err := chart.WholeValues(readChart(t), v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := typed.Decode(whole)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// entryOf is what the typed values say holds in a namespace, as the indicators take it.
func entryOf(e typed.Entry) entry {
	return entry{profile: policy.Profile(e.Profile), warn: policy.Profile(e.Warn), audit: policy.Profile(e.Audit),
		exceptions: e.Exceptions, exclude: e.Exclude}
}

// TestLabelsDecide draws random labels, right, misspelt and missing, and compares what
// the chart's selectors make of them with what the typed values do. A namespace that the
// values name and give privileged stays out of that mode.
func TestLabelsDecide(t *testing.T) {
	random, pods := rand.New(rand.NewPCG(7, 8)), indicators(t)
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	for range 4 {
		profiles := []string{"privileged", "baseline", "restricted"}
		v := parse(t, `{controllers: "off", namespaceBinding: label, exceptions: {ptrace: {reason: a test, allow: {capabilities: [SYS_PTRACE]}}, pid: {reason: a test, allow: {hostNamespaces: [hostPID]}}}}`)
		v["defaults"] = values{"profile": one(profiles...), "warn": one(profiles...), "audit": one(profiles...)}
		v["namespaces"] = values{"kube-system": nil, "open": values{"profile": "privileged", "warn": one(profiles...)}, "held": values{"profile": "restricted"}, "o*": values{"audit": "privileged"}}
		w := installOnly(t, v, func(name string) bool {
			return slices.ContainsFunc(pods, func(i indicator) bool { return strings.HasPrefix(name, i.rule) })
		})
		whole := decoded(t, v)
		for _, name := range []string{"open", "held", "other"} {
			for range 12 {
				labels := map[string]string{}
				for key, value := range map[string]string{
					"profile": one("", "privileged", "baseline", "restricted", "Baseline"), "warn": one("", "privileged", "baseline", "restricted", "x"),
					"audit": one("", "privileged", "baseline", "restricted", "x"), "pid": one("", "", "include", "exclude", "yes"),
					"ptrace": one("", "include", "no"), "require-run-as-non-root-user": one("", "", "exclude", "include"),
				} {
					if value != "" {
						labels[key] = value
					}
				}
				w.label(name, labels)
				e := entryOf(whole.In(name, w.namespaces[name].Labels))
				for _, pod := range pods {
					got, want := w.effect(t, name, pod), e.effect(pod)
					// Selectors go by the label of the profile: a pod that is denied for a misspelt
					// one is warned about as well, and a namespace that the values hold open is
					// warned about nothing that its label, or the default, would enforce.
					if profile := labels["profile"]; profile == "Baseline" || name == "open" && cmp.Or(profile, whole.Defaults.Profile) != "privileged" {
						got, want = deniedAlone(got), deniedAlone(want)
					}
					if got != want {
						t.Errorf("%s in %s with %v, defaults %v: the chart says %s, the typed values %s", pod.name, name, maps.Clone(labels), v["defaults"], got, want)
					}
				}
			}
		}
	}
}

// deniedAlone is the first word of an effect: whether the pod is denied.
func deniedAlone(effect string) string {
	denied, _, _ := strings.Cut(effect, " ")
	return denied
}
