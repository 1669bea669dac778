package namespaces_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/namespaces"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

const domain = "pod-security.kubernetes.io/"

func read(t *testing.T, text string) (namespaces.Values, map[string]any) {
	t.Helper()
	whole := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &whole); err != nil {
		t.Fatal(err)
	}
	v, err := namespaces.Read(whole)
	if err != nil {
		t.Fatal(err)
	}
	return v, whole
}

// standard gives Pod Security Admission at a version, with all probes.
func standard(t *testing.T, version string, whole map[string]any) namespaces.Standard {
	t.Helper()
	oracle, err := pss.NewOracle(version)
	if err != nil {
		t.Fatal(err)
	}
	s := namespaces.Standard{
		Version: version, Refused: oracle.Refused, Tries: exception.Samples(pss.Probes()[0].Pod, whole),
		Rules: map[string][]policy.Control{"no-host-ports": {"hostPorts"}, "no-root": {"runAsUser"}},
	}
	for _, p := range pss.Creatable() {
		s.Probes = append(s.Probes, namespaces.Tried{Text: p.Text, Pod: p.Pod})
	}
	return s
}

const someValues = `
standardVersion: v1.31
namespaceBinding: name
labelDomain: d.example.org
controllers: warn
defaults: {profile: privileged, warn: restricted, audit: baseline, engine: psa}
exceptions:
  ptrace: {reason: r, allow: {capabilities: [SYS_PTRACE]}}
  root: {reason: r, allow: {runAsRoot: true}}
  bind: {reason: r, allow: {capabilities: [NET_BIND_SERVICE]}}
namespaces:
  plain: {profile: baseline}
  tight: {profile: restricted, warn: baseline, audit: privileged}
  system: {profile: privileged, warn: privileged, audit: privileged}
  traced: {profile: restricted, exceptions: [ptrace]}
  rooted: {profile: restricted, warn: restricted, audit: restricted, exceptions: [root]}
  both: {profile: restricted, exceptions: [root, ptrace]}
  ports: {profile: baseline, exclude: [no-host-ports]}
  user: {profile: restricted, exclude: [no-root]}
  own: {profile: restricted, engine: policies}
  "glob-*": {profile: restricted}
  gone: null
`

// TestLabels holds the three levels of each kind of namespace, and that every mode
// has the version of the values.
func TestLabels(t *testing.T) {
	for _, c := range []struct{ controllers, want string }{
		{"warn", "both: privileged privileged privileged, plain: baseline restricted baseline, ports: privileged privileged privileged, " +
			"rooted: baseline baseline baseline, system: privileged privileged privileged, tight: restricted restricted restricted, " +
			"traced: privileged privileged privileged, user: baseline baseline baseline"},
		{"deny", "both: privileged privileged privileged, plain: baseline restricted baseline, ports: privileged privileged privileged, " +
			"rooted: baseline baseline baseline, system: privileged privileged privileged, tight: restricted baseline privileged, " +
			"traced: privileged privileged privileged, user: baseline baseline baseline"},
	} {
		v, whole := read(t, strings.Replace(someValues, "controllers: warn", "controllers: "+c.controllers, 1))
		var got []string
		labels := namespaces.Labels(v, standard(t, "v1.31", whole))
		for _, name := range slices.Sorted(maps.Keys(labels)) {
			l := labels[name]
			got = append(got, fmt.Sprintf("%s: %s %s %s", name, l[domain+"enforce"], l[domain+"warn"], l[domain+"audit"]))
			for _, mode := range []string{"enforce", "warn", "audit"} {
				if l[domain+mode+"-version"] != "v1.31" || len(l) != 6 {
					t.Errorf("%s: %v", name, l)
				}
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("controllers: %s: got\n%s\nwant\n%s", c.controllers, strings.Join(got, ", "), c.want)
		}
		if refusing := namespaces.Refusing(labels); !slices.Equal(refusing, []string{"plain", "rooted", "tight", "user"}) {
			t.Errorf("refusing: %v", refusing)
		}
	}
}

// TestDomainLabels holds that with label binding every full name gets what binds it.
func TestDomainLabels(t *testing.T) {
	v, whole := read(t, strings.Replace(someValues, "namespaceBinding: name", "namespaceBinding: label", 1))
	labels := namespaces.Labels(v, standard(t, "v1.31", whole))
	for name, want := range map[string]map[string]string{
		"own":  {"profile": "restricted", "warn": "restricted", "audit": "baseline"},
		"both": {"profile": "restricted", "warn": "restricted", "audit": "baseline", "ptrace": "include", "root": "include"},
		"user": {"profile": "restricted", "warn": "restricted", "audit": "baseline", "no-root": "exclude"},
	} {
		got := map[string]string{}
		for key, value := range labels[name] {
			if label, ok := strings.CutPrefix(key, "d.example.org/"); ok {
				got[label] = value
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if len(labels) != 9 || len(labels["own"]) != 3 || len(labels["both"]) != 11 {
		t.Errorf("%v", labels)
	}
}

// judge answers as policies would that hold a profile of the standard of a version
// and step aside for labels that have Pod Security Admission do so.
func judge(t *testing.T, version, profile, warn string, asked *atomic.Int64) namespaces.Judge {
	t.Helper()
	oracle, err := pss.NewOracle(version)
	if err != nil {
		t.Fatal(err)
	}
	return func(_ context.Context, _ string, labels map[string]string, pod *corev1.Pod) (namespaces.Said, error) {
		asked.Add(1)
		var said namespaces.Said
		if labels[domain+"enforce"] != profile && profile != "privileged" {
			said.Denied = oracle.Refused(policy.Profile(profile), pod)
		}
		if labels[domain+"warn"] != warn && warn != "privileged" {
			said.Warned = oracle.Refused(policy.Profile(warn), pod)
		}
		return said, nil
	}
}

// TestCompare holds every kind of difference and its direction, that namespaces where
// the same holds are one finding, and that they are judged once over all clusters.
func TestCompare(t *testing.T) {
	text := `
standardVersion: latest
controllers: "off"
defaults: {profile: restricted, warn: privileged, audit: privileged}
namespaces: {a: {engine: psa}, b: {engine: psa}, c: {profile: privileged, warn: baseline, engine: psa}, d: {}}
`
	for _, c := range []struct{ psa, policies, extra, want string }{
		{"latest", "latest", "", "c: controllers looser false "},
		{"v1.33", "latest", "", "a,b: enforced looser false runAsNonRoot, a,b: enforced looser false runAsUser, a,b: enforced looser false sysctls, " +
			"a,b: enforced looser true hostProbesAndHostLifecycle, " +
			"c: controllers looser false , c: warned looser false procMount, c: warned looser false sysctls, c: warned looser true hostProbesAndHostLifecycle"},
		{"latest", "latest", "exemptions: {groups: [g]}", "a,b: exemptions looser false , c: controllers looser false , c: exemptions looser false "},
	} {
		v, whole := read(t, text+c.extra)
		s := standard(t, c.psa, whole)
		var asked atomic.Int64
		var by namespaces.Comparer
		both := func(ctx context.Context, name string, labels map[string]string, pod *corev1.Pod) (namespaces.Said, error) {
			if name == "c" {
				return judge(t, c.policies, "privileged", "baseline", &asked)(ctx, name, labels, pod)
			}
			return judge(t, c.policies, "restricted", "privileged", &asked)(ctx, name, labels, pod)
		}
		found, err := by.Compare(t.Context(), v, s, both)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			for _, d := range f.Differences {
				got = append(got, fmt.Sprintf("%s: %s looser %t %s", strings.Join(f.Names, ","), d.Kind, d.Looser, d.Control))
			}
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%v: got\n%s\nwant\n%s", c, strings.Join(got, ", "), c.want)
		}
		before := asked.Load()
		v.Namespaces["another"] = v.Namespaces["a"]
		again, err := by.Compare(t.Context(), v, s, both)
		if err != nil || asked.Load() != before || !slices.Equal(again[0].Names, []string{"a", "another", "b"}) || len(found[0].Names) != 2 {
			t.Errorf("the second time: %v, %d pods more, %v", err, asked.Load()-before, again)
		}
	}
}
