package proof_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/policy"
)

// psaLabels gives labels of Pod Security Admission: a profile and a version for
// each mode, where they are not empty.
type psaLabels map[string]string

// does says whether the labels have Pod Security Admission do in a mode what a rule
// of a profile does there.
func (l psaLabels) does(mode string, profile policy.Profile, version string) bool {
	held := l[mode] == string(policy.Restricted) || l[mode] == string(profile)
	return held && l[mode+"-version"] == version
}

// randomPSA gives labels that are often right, and else wrong in one way or another.
func randomPSA(random *rand.Rand, version string) psaLabels {
	out := psaLabels{}
	for _, mode := range []string{"enforce", "warn", "audit"} {
		levels := []string{"restricted", "restricted", "restricted", "baseline", "privileged", "", "Restricted"}
		versions := []string{version, version, version, version, "v1.20", "", "v1"}
		out[mode], out[mode+"-version"] = levels[random.IntN(len(levels))], versions[random.IntN(len(versions))]
	}
	return out
}

// labelPSA puts the labels on a namespace of the world, beside those it has.
func (w *world) labelPSA(name string, labels psaLabels) {
	ns := w.namespaces[name].DeepCopy()
	maps.DeleteFunc(ns.Labels, func(key, _ string) bool { return strings.HasPrefix(key, "pod-security.kubernetes.io/") })
	for key, value := range labels {
		if value != "" {
			ns.Labels["pod-security.kubernetes.io/"+key] = value
		}
	}
	w.namespaces[name] = ns
}

// TestEngine holds, in both binding modes and by default as by name, that policies
// step aside in just the modes in which the labels of a namespace have Pod Security
// Admission do their work, and nowhere else.
func TestEngine(t *testing.T) {
	random, pods := rand.New(rand.NewPCG(5, 6)), indicators(t)
	for _, version := range []string{"latest", "v1.28"} {
		for _, fallback := range []string{"policies", "psa"} {
			entries, keys := engineEntries(random, fallback)
			v := with(parse(t, `{controllers: "off", exceptions: {ptrace: {reason: a test, allow: {capabilities: [SYS_PTRACE]}}}}`), values{
				"standardVersion": version, "namespaces": keys,
				"defaults": values{"profile": "privileged", "warn": "privileged", "audit": "privileged", "engine": fallback},
			})
			ofIndicators := func(name string) bool {
				return slices.ContainsFunc(pods, func(i indicator) bool { return strings.HasPrefix(name, i.rule) })
			}
			kinds := map[string]*world{"name": installOnly(t, v, ofIndicators),
				"label": installOnly(t, with(v, values{"namespaceBinding": "label"}), ofIndicators)}
			count := map[string]int{}
			for _, kind := range []string{"name", "label"} { // in one order, so that the same is drawn each time
				w := kinds[kind]
				for _, name := range slices.Sorted(maps.Keys(entries)) {
					e := entries[name]
					w.label(name, e.labels())
					for range 4 {
						labels := randomPSA(random, version)
						w.labelPSA(name, labels)
						for _, pod := range pods {
							want := e.beside(pod, labels, version, count)
							if got := w.effect(t, name, pod); got != want {
								t.Errorf("%s %s, defaults %s: %s in %+v with %v: denied, warned, audited %s, want %s", version, kind, fallback, pod.name, e, labels, got, want)
							}
							w.once(t, name, pod)
						}
					}
				}
			}
			for _, what := range []string{"enforce aside", "enforce judged", "warn aside", "warn judged", "audit aside", "audit judged", "kept"} {
				if count[what] < 20 {
					t.Errorf("%s, defaults %s: only %d times %s", version, fallback, count[what], what)
				}
			}
		}
	}
}

// engined is what holds in a namespace, and who judges there.
type engined struct {
	entry
	left bool // to Pod Security Admission, with the labels for it
}

// engineEntries gives a namespace for each combination of modes that can be left to
// Pod Security Admission, and for the same such that cannot.
func engineEntries(random *rand.Rand, fallback string) (map[string]engined, values) {
	entries, keys := map[string]engined{}, values{"kube-system": nil}
	for _, profile := range profiles() {
		for _, warn := range profiles() {
			for _, audit := range profiles() {
				name := strings.Join([]string{string(profile), string(warn), string(audit)}, "-")
				for _, engine := range []string{"psa", "policies", ""} {
					e := engined{entry: entry{profile: profile, warn: warn, audit: audit}}
					v := values{"profile": string(profile), "warn": string(warn), "audit": string(audit)}
					e.left = engine == "psa" || engine == "" && fallback == "psa"
					if engine != "" {
						v["engine"] = engine
					}
					holds := slices.Contains([]policy.Profile{profile, warn, audit}, policy.Restricted)
					switch kind := random.IntN(4); {
					case holds && kind == 0:
						e.exceptions, e.left, v["exceptions"] = []string{"ptrace"}, false, []any{"ptrace"}
					case holds && kind == 1:
						e.exclude, e.left, v["exclude"] = []string{"require-run-as-non-root-user"}, false, []any{"require-run-as-non-root-user"}
					}
					entries[name+"-"+engine+"x"], keys[name+"-"+engine+"x"] = e, v
				}
			}
		}
	}
	return entries, keys
}

// labels gives the labels of the domain that say the same.
func (e engined) labels() map[string]string {
	out := map[string]string{"profile": string(e.profile), "warn": string(e.warn), "audit": string(e.audit)}
	for _, name := range e.exceptions {
		out[name] = "include"
	}
	for _, rule := range e.exclude {
		out[rule] = "exclude"
	}
	return out
}

// beside gives what the policies still say of an indicator.
func (e engined) beside(i indicator, labels psaLabels, version string, count map[string]int) string {
	var alone [3]bool
	_, _ = fmt.Sscan(e.effect(i), &alone[0], &alone[1], &alone[2])
	out := alone
	for n, mode := range []string{"enforce", "warn", "audit"} {
		does := labels.does(mode, i.profile, version)
		switch {
		case alone[n] && e.left && does:
			out[n] = false
			count[mode+" aside"]++
		case alone[n] && e.left:
			count[mode+" judged"]++
		case alone[n] && does:
			count["kept"]++
		}
	}
	return fmt.Sprint(out[0], out[1], out[2])
}

// once holds that no policy reaches a request by two bindings: its message would be
// there twice.
func (w *world) once(t *testing.T, namespace string, i indicator) {
	t.Helper()
	seen := map[string]string{}
	for _, e := range w.ask(t, namespace, admission.Request{Object: i.object}).Evaluations {
		if other, ok := seen[e.Policy]; ok {
			t.Errorf("policy %s is bound in %v by %s and %s", e.Policy, w.namespaces[namespace].Labels, other, e.Binding)
		}
		seen[e.Policy] = e.Binding
	}
}

// TestEngineOfControllers holds who warns about controllers: where both labels that
// Pod Security Admission does it by are right, it does; with one of them missing the
// policies do both. What denies controllers always stays.
func TestEngineOfControllers(t *testing.T) {
	root := indicators(t)[2]
	right := psaLabels{"enforce": "restricted", "enforce-version": "latest", "warn": "restricted", "warn-version": "latest", "audit": "restricted", "audit-version": "latest"}
	for word, want := range map[string][2]string{"warn": {"false true true", "false false false"}, "deny": {"true false false", "true false false"}, "off": {"false false false", "false false false"}} {
		for _, binding := range []string{"name", "label"} {
			w := install(t, values{"controllers": word, "namespaceBinding": binding, "namespaces": values{"web": values{"profile": "restricted", "warn": "restricted", "audit": "restricted", "engine": "psa"}}})
			w.label("web", map[string]string{"profile": "restricted", "warn": "restricted", "audit": "restricted"})
			for kind, object := range controllersOf(t, root.pod) {
				try := indicator{sample: sample{object: object}}
				w.labelPSA("web", right)
				if got := w.effect(t, "web", try); got != want[1] {
					t.Errorf("controllers: %s, by %s, %s: %s, want %s", word, binding, kind, got, want[1])
				}
				for _, label := range []string{"warn", "warn-version", "audit", "audit-version"} {
					wrong := maps.Clone(right)
					delete(wrong, label)
					w.labelPSA("web", wrong)
					if got := w.effect(t, "web", try); got != want[0] {
						t.Errorf("controllers: %s, by %s, %s without %s: %s, want %s", word, binding, kind, label, got, want[0])
					}
					w.once(t, "web", try)
				}
			}
			w.labelPSA("web", right)
			if got := w.effect(t, "web", root); got != "false false false" {
				t.Errorf("controllers: %s, by %s: the pod gets %s", word, binding, got)
			}
		}
	}
}

// TestEngineOpensNothing holds on clusters of several Kubernetes versions that what
// the policies alone refuse is refused by the two engines together: by Pod Security
// Admission as that Kubernetes has it, or by the policies that stay.
func TestEngineOpensNothing(t *testing.T) {
	type job struct{ kubernetes, version string }
	jobs := []job{{"1.30", "latest"}, {"1.33", "latest"}, {"1.34", "v1.35"}, {"1.35", "v1.30"}, {admission.Newest(), "latest"}}
	v := parse(t, `{controllers: "off", defaults: {profile: restricted, warn: restricted, audit: restricted, engine: psa}}`)
	pods := probes(t)
	inParallel(jobs, func(j job) {
		rendered, err := chart.Render(readChart(t), with(v, values{"standardVersion": j.version}), chart.Release{Name: chartName, Namespace: chartName, Kubernetes: j.kubernetes})
		if err != nil {
			t.Error(err)
			return
		}
		objs, err := admission.Load(rendered.Objects)
		if err != nil {
			t.Error(err)
			return
		}
		judge, err := admission.NewJudge(objs, admission.Options{})
		if err != nil {
			t.Error(err)
			return
		}
		w := &world{judge: judge, namespaces: map[string]*corev1.Namespace{}}
		w.label("alone", nil)
		w.label("web", nil)
		w.labelPSA("web", psaLabels{"enforce": "restricted", "enforce-version": j.version})
		known := j.version
		if minor(t, "v"+j.kubernetes) < minor(t, j.version) {
			known = "v" + j.kubernetes
		}
		oracle, left := oracleOf(t, known), 0
		for _, pod := range pods {
			if w.ask(t, "alone", admission.Request{Object: pod.object}).Allowed() {
				continue
			}
			still := !w.ask(t, "web", admission.Request{Object: pod.object}).Allowed()
			if by := oracle.Refused(policy.Restricted, pod.pod); len(by) == 0 && !still {
				t.Errorf("Kubernetes %s, standard %s: nobody refuses %s", j.kubernetes, j.version, pod.name)
			} else if still {
				left++
			}
		}
		t.Logf("Kubernetes %s, standard %s: the policies still refuse %d", j.kubernetes, j.version, left)
		if newest := minor(t, "v"+j.kubernetes) >= 35; newest == (left > 0) {
			t.Errorf("Kubernetes %s, standard %s: the policies still refuse %d pods", j.kubernetes, j.version, left)
		}
	})
}

// minor gives the minor of a version of the standard, one beyond all for the latest.
func minor(t testing.TB, version string) int {
	t.Helper()
	v, err := api.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	if v.Latest() {
		return 1 << 20
	}
	return v.Minor()
}

// TestEngineIsAsked holds that without `engine: psa` there is one binding for each
// policy and none selects by Pod Security Admission's labels; that with it, the
// binding of the policy's name comes behind the others, so that Helm makes these
// before it narrows that one; and that the binding of its name alone covers whatever
// lacks the first label.
func TestEngineIsAsked(t *testing.T) {
	for _, binding := range []string{"name", "label"} {
		for _, text := range []string{"{}", "{namespaces: {a: {profile: restricted, engine: policies}}}", "{defaults: {engine: policies}}",
			"{namespaces: {a: {profile: restricted, engine: psa, exclude: [disallow-host-path]}}}"} {
			objs := load(t, with(parse(t, text), values{"namespaceBinding": binding}))
			for _, b := range objs.Bindings {
				if strings.Contains(b.Name, "-psa-") || strings.Contains(fmt.Sprint(b.Spec.MatchResources), "pod-security.kubernetes.io") {
					t.Errorf("%s by %s: binding %s selects by Pod Security Admission's labels", text, binding, b.Name)
				}
			}
		}
		objs := load(t, with(parse(t, "{defaults: {profile: restricted, engine: psa}, namespaces: {a: {engine: policies}}}"), values{"namespaceBinding": binding}))
		several := 0
		for i, b := range objs.Bindings {
			if !strings.Contains(b.Name, "-psa-") {
				continue
			}
			several++
			own := slices.IndexFunc(objs.Bindings, func(o admission.Binding) bool { return o.Name == b.Spec.PolicyName })
			if own < i || !strings.HasPrefix(b.Name, b.Spec.PolicyName+"-psa-") {
				t.Errorf("by %s: binding %s of policy %s is no. %d, the policy's own no. %d", binding, b.Name, b.Spec.PolicyName, i, own)
			}
		}
		if several < 100 {
			t.Errorf("by %s: only %d bindings", binding, several)
		}
	}
}
