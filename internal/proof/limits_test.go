package proof_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/admission"
)

// What a cluster takes: an object of etcd, and what Helm can keep of a release
// in a Secret beside the chart itself.
const (
	objectLimit  = 1 << 20   // bytes
	releaseLimit = 700 << 10 // bytes, compressed
	costLimit    = 10_000_000
)

// large gives values with 500 namespace keys, names and globs mixed, and 50
// exceptions; every key differs from its neighbours.
func large() values {
	exceptions, namespaces := values{}, values{}
	for i := range 50 {
		exceptions[fmt.Sprintf("exception-number-%02d", i)] = values{"reason": "a test", "allow": []values{
			{"capabilities": []any{"SYS_PTRACE", "SYS_TIME", fmt.Sprintf("CAPABILITY_%d", i)}},
			{"hostPaths": []any{values{"path": fmt.Sprintf("/srv/data/%d", i)}, values{"pathPrefix": fmt.Sprintf("/usr/share/site-%d", i), "readOnly": true}}},
			{"hostPorts": []any{8000 + i, values{"min": 9000 + 10*i, "max": 9005 + 10*i}}},
			{"sysctls": []any{fmt.Sprintf("net.ipv4.value%d", i)}},
			{"volumeTypes": []any{"nfs", "iscsi"}, "seLinuxTypes": []any{fmt.Sprintf("type_%d", i)}},
		}[i%5]}
	}
	for i := range 500 {
		name := fmt.Sprintf("team-%03d-with-a-name-of-its-own", i)
		if i%2 == 0 {
			name = fmt.Sprintf("service-%03d-*", i)
		}
		namespaces[name] = values{
			"profile":    []any{"restricted", "privileged", "restricted", "baseline"}[i/2%4],
			"warn":       "restricted",
			"exceptions": []any{fmt.Sprintf("exception-number-%02d", i%50), fmt.Sprintf("exception-number-%02d", (i*7+3)%50)}[:1+i%7/6],
		}
	}
	return values{"namespaces": namespaces, "exceptions": exceptions}
}

// heavy gives a pod of 100 containers with 20 mounts, ports and capabilities
// each.
func heavy(t testing.TB) sample {
	t.Helper()
	pod := ownPods(t)[0].pod.DeepCopy()
	for i := range 20 {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: fmt.Sprintf("volume-%d", i), VolumeSource: corev1.VolumeSource{
			HostPath: &corev1.HostPathVolumeSource{Path: fmt.Sprintf("/usr/share/site-%d/some/deep/folder", i)}}})
	}
	first := pod.Spec.Containers[0]
	pod.Spec.Containers = nil
	for n := range 100 {
		c := *first.DeepCopy()
		c.Name = fmt.Sprintf("container-%d", n)
		for i := range 20 {
			c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: fmt.Sprintf("volume-%d", i), MountPath: fmt.Sprintf("/mnt/%d", i), ReadOnly: true})
			c.Ports = append(c.Ports, corev1.ContainerPort{ContainerPort: int32(1000 + i), HostPort: int32(9000 + i)})
			c.SecurityContext.Capabilities.Add = append(c.SecurityContext.Capabilities.Add, corev1.Capability(fmt.Sprintf("CAPABILITY_%d", 5*i)))
		}
		pod.Spec.Containers = append(pod.Spec.Containers, c)
	}
	return sampleOf(t, "heavy", pod)
}

// TestLargeValues renders 500 keys and 50 exceptions and holds every object to
// the limits of the API, and the release to Helm's.
func TestLargeValues(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	for _, binding := range []string{"name", "label"} {
		v := with(large(), values{"namespaceBinding": binding})
		rendered, err := renderChart(readChart(t), v)
		if err != nil {
			t.Fatal(err)
		}
		largest := 0
		for _, d := range rendered.Objects {
			text, err := d.JSON()
			if err != nil {
				t.Fatal(err)
			}
			largest = max(largest, len(text))
		}
		release := compressed(t, []byte(joined(t, rendered.Objects)))
		t.Logf("by %s: %d objects, the largest %d KiB, the release %d KiB compressed", binding, len(rendered.Objects), largest>>10, release>>10)
		if largest > objectLimit || release > releaseLimit {
			t.Errorf("by %s: the largest object has %d bytes, the release %d compressed", binding, largest, release)
		}
		objs, err := admission.Load(rendered.Objects)
		if err != nil {
			t.Fatal(err)
		}
		found, err := admission.Check(objs, []string{admission.Oldest, admission.Newest()})
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range found {
			if i < 3 {
				t.Errorf("by %s: %.300s", binding, f.Error())
			}
		}
		for _, p := range objs.Policies {
			if n := len(p.Spec.MatchConditions); n > 8 {
				t.Errorf("%s has %d match conditions", p.Name, n)
			}
		}
	}
}

// TestCostOfLargePods judges a pod of 100 containers where as many exceptions
// are in force as there are, and by 500 keys: no evaluation may run out of
// budget, which would be an error and so a denial.
func TestCostOfLargePods(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	pod := heavy(t)
	var every []any
	for name := range large()["exceptions"].(values) {
		every = append(every, name)
	}
	v := large()
	v["namespaces"] = values{"all": values{"profile": "restricted", "exceptions": every}, "none": values{"profile": "restricted"},
		"one-*": values{"profile": "restricted", "exceptions": []any{"exception-number-01"}}}
	v["controllers"] = "deny"
	w := install(t, v)
	deployment := controllersOf(t, pod.pod)["Deployment"]
	for _, name := range []string{"all", "none", "one-a", "other"} {
		for kind, r := range map[string]admission.Request{"pod": {Object: pod.object}, "deployment": {Object: deployment}} {
			w.cost = 0
			w.ask(t, name, r)
			t.Logf("%s in %s: an evaluation costs up to %d", kind, name, w.cost)
			if w.cost == 0 || w.cost > costLimit {
				t.Errorf("%s in %s: an evaluation costs %d of %d", kind, name, w.cost, costLimit)
			}
		}
	}
}

func compressed(t testing.TB, data []byte) int {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if _, err := zip.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// BenchmarkRender500 renders 500 namespace keys with 50 exceptions.
func BenchmarkRender500(b *testing.B) {
	files, v := readChart(b), large()
	for b.Loop() {
		if _, err := renderChart(files, v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkJudge gives the time of one pod's verdict by one namespace key, and by
// the keys of BenchmarkRender500.
func BenchmarkJudge(b *testing.B) {
	pod := ownPods(b)[0]
	judges := map[string]*world{"own": install(b, parse(b, "namespaces: {service-000-a: {profile: restricted}}")), "keys500": install(b, large())}
	for name, w := range judges {
		w.ask(b, "service-000-a", admission.Request{Object: pod.object}) // compiles
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := w.judge.Review(context.Background(), admission.Request{Object: pod.object, Namespace: "service-000-a"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
