package exception_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/pss"
)

// crowdedPod gives a pod of 100 containers with 20 mounts each and 30 host
// paths, all of them mounted read-only, beside long lists of everything else.
func crowdedPod() *corev1.Pod {
	pod := pss.Probes()[0].Pod.DeepCopy()
	pod.Annotations = map[string]string{}
	one := pod.Spec.Containers[0]
	pod.Spec.Containers = nil
	for i := range 30 {
		pod.Spec.Volumes = append(pod.Spec.Volumes, hostVolume(fmt.Sprintf("host-%d", i), fmt.Sprintf("/srv/with/some/depth/number-%d/", i)))
	}
	for i := range 100 {
		c := *one.DeepCopy()
		c.Name = fmt.Sprintf("container-%d", i)
		for m := range 20 {
			c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{
				Name: fmt.Sprintf("host-%d", (i+m)%30), MountPath: fmt.Sprintf("/mnt/%d", m), ReadOnly: true})
		}
		for p := range int32(10) {
			c.Ports = append(c.Ports, corev1.ContainerPort{ContainerPort: p + 1, HostPort: 10_000 + 10*int32(i) + p, Protocol: corev1.ProtocolTCP})
		}
		c.SecurityContext.Capabilities.Add = slices.Repeat([]corev1.Capability{"NET_BIND_SERVICE"}, 20)
		pod.Spec.Containers = append(pod.Spec.Containers, c)
		pod.Spec.SecurityContext.Sysctls = append(pod.Spec.SecurityContext.Sysctls, corev1.Sysctl{Name: "net.core.somaxconn", Value: "1"})
		pod.Annotations[corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name] = "localhost/profile"
		pod.Annotations[corev1.SeccompContainerAnnotationKeyPrefix+c.Name] = "localhost/profile"
	}
	return pod
}

// manyThings gives long lists, whose last entries are what the pod needs.
func manyThings(lists ...string) grant {
	var filler []string
	for i := range 25 {
		filler = append(filler, fmt.Sprintf("/var/lib/of/another/kind/number-%d", i))
	}
	g := grant{"exSysctls": []string{"net.core.somaxconn"}, "exHostPorts": [][]int{}}
	for _, name := range []string{"exPaths", "exPathPrefixes", "exPathsReadOnly", "exPathPrefixesReadOnly"} {
		g[name] = filler
		if slices.Contains(lists, name) {
			g[name] = append(slices.Clone(filler), "/srv/with/some/depth")
		}
	}
	for i := range 10 {
		g["exHostPorts"] = append(g["exHostPorts"].([][]int), []int{10_000 + 100*i, 10_099 + 100*i})
	}
	return g
}

// The API server gives up on an expression at 1,000,000 units, and on all of a
// policy at 10,000,000.
func TestCompensationsAreCheap(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	lib := readLibrary(t)
	written := crowdedPod()
	last := &written.Spec.Containers[99].VolumeMounts[19]
	last.ReadOnly = false
	tests := map[string]struct {
		pod     *corev1.Pod
		grant   grant
		refuses []string
	}{
		"read-only":      {crowdedPod(), manyThings("exPathPrefixesReadOnly"), nil},
		"writable":       {written, manyThings("exPathPrefixes"), nil},
		"written":        {written, manyThings("exPathPrefixesReadOnly"), []string{"disallow-host-path", "restrict-volume-types-restricted-volumes"}},
		"nothing allows": {crowdedPod(), manyThings(), []string{"disallow-host-path", "restrict-volume-types-restricted-volumes"}},
	}
	for name, test := range tests {
		r := review(t, newJudge(t, lib.excepted(t, test.grant)), sampleOf(t, name, test.pod))
		var refused []string
		for _, e := range r.Evaluations {
			if e.Outcome != admission.Admitted {
				refused = append(refused, e.Policy)
			}
			if e.Cost > 250_000 {
				t.Errorf("%s: %s costs %d", name, e.Policy, e.Cost)
			}
		}
		if !slices.Equal(refused, test.refuses) {
			t.Errorf("%s: refused by %v, want %v", name, refused, test.refuses)
		}
	}
}

func TestOlderCompensationsAreCheap(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	pod := sampleOf(t, "", crowdedPod())
	for _, lib := range everyLibrary(t) {
		r := review(t, newJudge(t, lib.tried(lib.excepted(t, manyThings()))), pod)
		if len(r.Evaluations) != len(lib.revised) {
			t.Errorf("%s: %d rules judged the pod", lib.version, len(r.Evaluations))
		}
		for _, e := range r.Evaluations {
			if e.Cost > 250_000 {
				t.Errorf("%s: %s costs %d", lib.version, e.Policy, e.Cost)
			}
		}
	}
}

// However much is allowed, and whatever a pod holds, a message is made: above
// 5 KiB the API server would fall back to the text without names.
func TestLongMessagesStayMessages(t *testing.T) {
	lib := readLibrary(t)
	var paths []string
	for i := range 200 {
		paths = append(paths, fmt.Sprintf("/srv/%d/%s", i, strings.Repeat("ŵ", 200)))
	}
	pod := hostPod("/"+strings.Repeat("\n\"中", 1000), false)
	r := review(t, newJudge(t, lib.excepted(t, grant{"exPaths": paths, "exPathPrefixesReadOnly": paths})), sampleOf(t, "", pod))
	made := 0
	for _, d := range r.Denials() {
		if strings.HasPrefix(d.Message, `hostPath "/\n`) || strings.HasPrefix(d.Message, `volume "host" of type hostPath ("/\n`) {
			made++
		}
		if strings.Contains(d.Message, "hostPath") && !strings.HasSuffix(d.Message, ", exception mine)") {
			t.Errorf("%s says %q", d.Policy, d.Message)
		}
	}
	if made != 2 {
		t.Errorf("%d messages of 2 name the path", made)
	}
}
