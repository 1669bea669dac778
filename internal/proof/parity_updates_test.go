package proof_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// change is one that the API lets happen to a pod that is there.
type change struct {
	name        string
	subresource string
	apply       func(m *podmaker, p *corev1.Pod)
}

func changes() []change {
	label := func(into *map[string]string, key string) {
		*into = maps.Clone(*into)
		if *into == nil {
			*into = map[string]string{}
		}
		(*into)[key] = "changed"
	}
	return []change{
		{"an image", "", func(m *podmaker, p *corev1.Pod) {
			pick(m.choices, containers(p)[:len(p.Spec.InitContainers)+len(p.Spec.Containers)]...).Image = "registry.example/new:2"
		}},
		{"a label", "", func(_ *podmaker, p *corev1.Pod) { label(&p.Labels, "app") }},
		{"an annotation", "", func(_ *podmaker, p *corev1.Pod) { label(&p.Annotations, "example.org/note") }},
		{"finalizers", "", func(_ *podmaker, p *corev1.Pod) { p.Finalizers = nil }},
		{"a toleration", "", func(_ *podmaker, p *corev1.Pod) {
			p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: "example.org/new", Operator: corev1.TolerationOpExists})
		}},
		{"activeDeadlineSeconds", "", func(m *podmaker, p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = new(int64(1 + m.below(99))) }},
		// The API allows this one alone, from a negative number.
		{"terminationGracePeriodSeconds", "", func(_ *podmaker, p *corev1.Pod) { p.Spec.TerminationGracePeriodSeconds = new(int64(1)) }},
		{"scheduling gates", "", func(_ *podmaker, p *corev1.Pod) { p.Spec.SchedulingGates = nil }},
		{"a node selector of a gated pod", "", func(_ *podmaker, p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"example.org/disk": "fast"} }},
		{"an ephemeral container", "ephemeralcontainers", func(m *podmaker, p *corev1.Pod) {
			c := m.container()
			c.Name, c.Ports, c.Lifecycle, c.LivenessProbe, c.ReadinessProbe, c.StartupProbe = "debug", nil, nil, nil, nil, nil
			p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon(c)})
		}},
		{"resources", "resize", func(_ *podmaker, p *corev1.Pod) {
			p.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
		}},
		{"status", "status", func(_ *podmaker, p *corev1.Pod) { p.Status.Phase = corev1.PodRunning }},
	}
}

// TestRandomUpdates makes random changes, one or two at once, to random pods and
// compares the chart's verdict with that of Pod Security Admission itself. They
// may differ in one direction alone, on a pod that violates already, and by the
// changes alone that docs/parity.md lists.
func TestRandomUpdates(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	e, psa, oracle := chartEditions(t, pss.Latest), newPodSecurity(t), newOracle(t)
	all, stricter := changes(), documentedChanges(t)
	differing := map[string]int{}
	agreed := map[bool]int{}
	for i := range uint64(1500) {
		m := &podmaker{choices: &choices{data: seeded(6, i)}}
		made := []change{all[i%uint64(len(all))]}
		if other := pick(m.choices, all...); made[0].subresource == "" && other.subresource == "" && other.name != made[0].name && m.below(3) == 0 {
			made = append(made, other)
		}
		old := randomPod(seeded(5, i))
		old.Finalizers = []string{"example.org/keep"}
		old.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "example.org/wait"}}
		old.Spec.TerminationGracePeriodSeconds = new(int64(-1))
		changed := old.DeepCopy()
		for _, c := range made {
			c.apply(m, changed)
		}
		before, after := arrived(t, old), arrived(t, changed)
		request := admission.Request{OldObject: before.object, Object: after.object, Subresource: made[0].subresource}
		for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
			ours := e.refusing(t, string(profile), request) == 0
			theirs := psa.allows(t, string(profile), made[0].subresource, before.pod, after.pod)
			violates := len(oracle.Refused(profile, before.pod)) > 0
			known := slices.ContainsFunc(made, func(c change) bool { return slices.Contains(stricter, c.name) })
			switch {
			case ours == theirs:
				agreed[ours]++
			case isWindows(after.pod) && !violates && !ours: // see compareWhole
			case ours || !violates || !known:
				t.Errorf("%s, %v: admitted: %t, by Pod Security Admission: %t, of\n%s", profile, named(made), ours, theirs, texted(t, after.object))
			case len(made) == 1:
				differing[made[0].name]++
			}
		}
	}
	if got := slices.Sorted(maps.Keys(differing)); !slices.Equal(got, stricter) {
		t.Errorf("by themselves these are refused here alone: %q, docs/parity.md lists %q", got, stricter)
	}
	if agreed[true] < 500 || agreed[false] < 100 {
		t.Errorf("only so many verdicts agree: %v", agreed)
	}
}

// documentedChanges gives the changes that docs/parity.md says are judged here
// and not by Pod Security Admission, sorted.
func documentedChanges(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "parity.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Updates\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var out []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+?) \| judged \| not judged \|`).FindAllStringSubmatch(section, -1) {
		out = append(out, row[1])
	}
	slices.Sort(out)
	return out
}

func named(made []change) []string {
	var out []string
	for _, c := range made {
		out = append(out, c.name)
	}
	return out
}
