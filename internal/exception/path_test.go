package exception_test

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// hostPod gives a pod with one hostPath volume, which its container mounts.
func hostPod(path string, readOnly bool) *corev1.Pod {
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: "host", Namespace: "mw-web"},
		Spec: corev1.PodSpec{
			Volumes: []corev1.Volume{hostVolume("host", path)},
			Containers: []corev1.Container{{Name: "app", Image: "registry.example/app:1",
				VolumeMounts: []corev1.VolumeMount{{Name: "host", MountPath: "/mnt", ReadOnly: readOnly}}}},
		},
	}
}

func hostVolume(name, path string) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}}}
}

// hostVerdicts says which pods both rules that hostPaths touch admit. The two
// must always agree.
func hostVerdicts(t *testing.T, lib library, g grant, pods ...*corev1.Pod) []bool {
	t.Helper()
	rules := slices.DeleteFunc(lib.excepted(t, g), func(r policy.Rule) bool {
		return r.Name != "disallow-host-path" && r.Name != "restrict-volume-types-restricted-volumes"
	})
	judge := newJudge(t, rules)
	var out []bool
	for _, p := range pods {
		denied := denying(t, judge, sampleOf(t, "", p))
		if len(denied) == 1 {
			t.Errorf("%v: only %v refuses %v", g, denied, p.Spec.Volumes)
		}
		out = append(out, len(denied) == 0)
	}
	return out
}

func TestHostPathsAreComparedByElement(t *testing.T) {
	tests := []struct {
		allowed, variable string
		yes, no           []string
	}{
		{"/srv", "exPaths",
			[]string{"/srv", "/srv/", "//srv", "/srv//", "/./srv", "/srv/.", "/srv/./"},
			[]string{"/", "/srvx", "/srv/x", "/sr", "/SRV", "srv", "./srv", "/srv/..", "/srv/x/..", "/../srv", "/srv\n", " /srv", "/srv ", "/srv\\", "/srv/...", "", "."}},
		{"/srv", "exPathPrefixes",
			[]string{"/srv", "/srv/", "/srv/x", "/srv/x/y", "//srv//x", "/srv/./x", "/srv/.hidden", "/srv/..data", "/srv/x..y", "/srv/..."},
			[]string{"/", "/srvx", "/srvx/y", "/srv.d", "/srv-2/x", "srv/x", "./srv/x", "/srv/..", "/srv/../etc", "/srv/x/../..",
				"/srv/../srv/x", "/x/../srv", "/x/srv", "/SRV/x", `/srv/..\..\etc`, `\srv\x`, "", ".", ".."}},
		{"/usr/share/GeoIP", "exPathPrefixes",
			[]string{"/usr/share/GeoIP/GeoLite2-City.mmdb"},
			[]string{"/usr/share/GeoIP/../../..", "/usr/share/GeoIP/../GeoIP", "/usr/share/GeoIPInfo", "/usr/share", "/usr", "/"}},
		{"/srv/", "exPaths", []string{"/srv", "/srv/"}, []string{"/", "/srv/x"}},
		{"/srv/", "exPathPrefixes", []string{"/srv", "/srv/x"}, []string{"/", "/srvx"}},
		{"//srv/./x/", "exPathPrefixes", []string{"/srv/x", "/srv/x/y"}, []string{"/srv", "/srv/xy"}},
		{"/", "exPaths", []string{"/", "//", "/.", "/./"}, []string{"/etc", "", ".", "..", "/.."}},
		{"/", "exPathPrefixes", []string{"/", "/etc", "//", "/a/b/c", "etc", `C:\data`}, []string{"/..", "..", "/etc/../srv", `C:\data\..`}},
		{"", "exPaths", []string{}, []string{"/", "/etc", ".."}},
		{"", "exPathPrefixes", nil, []string{"/", "/etc", ".."}},
		{".", "exPathPrefixes", nil, []string{"/", "/etc"}},
		{"/srv/..", "exPaths", nil, []string{"/srv/..", "/", "/srv", "/etc/..", ".."}},
		{"/srv/..", "exPathPrefixes", nil, []string{"/srv/..", "/", "/srv", "/etc", ".."}},
		{"..", "exPathPrefixes", nil, []string{"..", "../etc", "/", "/.."}},
		{"srv", "exPathPrefixes", []string{"srv", "srv/x"}, []string{"/srv", "/srv/x"}},
		{`C:\data`, "exPaths", []string{`C:\data`}, []string{`C:\data\x`, `C:\`, "/data", `C:\data\..\..`}},
		{"/s*v", "exPathPrefixes", []string{"/s*v/x"}, []string{"/srv", "/srv/x"}},
	}
	lib := readLibrary(t)
	for _, test := range tests {
		var pods []*corev1.Pod
		for _, path := range slices.Concat(test.yes, test.no) {
			pods = append(pods, hostPod(path, true))
		}
		for _, variable := range []string{test.variable, test.variable + "ReadOnly"} {
			for i, got := range hostVerdicts(t, lib, grant{variable: []string{test.allowed}}, pods...) {
				if want := i < len(test.yes); got != want {
					t.Errorf("%s %q: path %q is admitted: %t", variable, test.allowed, pods[i].Spec.Volumes[0].HostPath.Path, got)
				}
			}
		}
	}
}

// Every mount of every kind of container counts, and none but those.
func TestReadOnlyHoldsForEveryMount(t *testing.T) {
	mount := func(readOnly bool, subPath string) []corev1.VolumeMount {
		return []corev1.VolumeMount{{Name: "host", MountPath: "/mnt", ReadOnly: readOnly, SubPath: subPath}}
	}
	other := func(name string, mounts ...corev1.VolumeMount) corev1.Container {
		return corev1.Container{Name: name, Image: "registry.example/app:1", VolumeMounts: mounts}
	}
	tests := map[string]struct {
		change func(*corev1.PodSpec)
		// whether it is admitted where /data is allowed read-only, and wholly
		readOnly, writable bool
	}{
		"read-only mount": {func(*corev1.PodSpec) {}, true, true},
		"no mount":        {func(s *corev1.PodSpec) { s.Containers[0].VolumeMounts = nil }, true, true},
		"writable mount":  {func(s *corev1.PodSpec) { s.Containers[0].VolumeMounts = mount(false, "") }, false, true},
		"writable sub path": {func(s *corev1.PodSpec) {
			s.Containers[0].VolumeMounts = slices.Concat(mount(true, ""), mount(false, "below"))
		}, false, true},
		"read-only sub path": {func(s *corev1.PodSpec) { s.Containers[0].VolumeMounts = mount(true, "below") }, true, true},
		"writable in a second container": {func(s *corev1.PodSpec) {
			s.Containers = append(s.Containers, other("second", mount(false, "")...))
		}, false, true},
		"writable in an init container": {func(s *corev1.PodSpec) {
			s.InitContainers = []corev1.Container{other("init", mount(false, "")...)}
		}, false, true},
		"writable in a second init container": {func(s *corev1.PodSpec) {
			s.InitContainers = []corev1.Container{other("init", mount(true, "")...), other("sidecar", mount(false, "")...)}
		}, false, true},
		"writable in an ephemeral container": {func(s *corev1.PodSpec) {
			s.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon(other("debug", mount(false, "")...))}}
		}, false, true},
		"read-only in containers of all kinds": {func(s *corev1.PodSpec) {
			s.InitContainers = []corev1.Container{other("init", mount(true, "")...)}
			s.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon(other("debug", mount(true, "")...))}}
		}, true, true},
		"writable mount of another volume": {func(s *corev1.PodSpec) {
			s.Volumes = append(s.Volumes, corev1.Volume{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
			s.Containers[0].VolumeMounts = append(s.Containers[0].VolumeMounts, corev1.VolumeMount{Name: "tmp", MountPath: "/tmp"})
		}, true, true},
		"second volume of the path, writable": {func(s *corev1.PodSpec) {
			s.Volumes = append(s.Volumes, hostVolume("again", "/data"))
			s.Containers[0].VolumeMounts = append(s.Containers[0].VolumeMounts, corev1.VolumeMount{Name: "again", MountPath: "/again"})
		}, false, true},
		"second volume of another path": {func(s *corev1.PodSpec) { s.Volumes = append(s.Volumes, hostVolume("etc", "/etc")) }, false, false},
	}
	lib := readLibrary(t)
	readOnly := []grant{{"exPathsReadOnly": []string{"/data"}}, {"exPathPrefixesReadOnly": []string{"/data/"}}}
	// What may be written may be read, and the union of two exceptions is the wider.
	writable := []grant{
		{"exPaths": []string{"/data"}}, {"exPathPrefixes": []string{"/data"}},
		{"exPathPrefixes": []string{"/data"}, "exPathsReadOnly": []string{"/data"}},
		{"exPaths": []string{"/data"}, "exPathPrefixesReadOnly": []string{"/data"}},
	}
	for name, test := range tests {
		pod := hostPod("/data", true)
		test.change(&pod.Spec)
		for _, g := range readOnly {
			if got := hostVerdicts(t, lib, g, pod)[0]; got != test.readOnly {
				t.Errorf("%s, %v: admitted is %t", name, g, got)
			}
		}
		for _, g := range writable {
			if got := hostVerdicts(t, lib, g, pod)[0]; got != test.writable {
				t.Errorf("%s, %v: admitted is %t", name, g, got)
			}
		}
	}
}

// A path that one exception allows read-only says nothing of another.
func TestReadOnlyIsForEachPath(t *testing.T) {
	g := grant{"exPaths": []string{"/a"}, "exPathsReadOnly": []string{"/b"}, "exPathPrefixes": []string{"/b/writable"}}
	tests := map[string][2]bool{ // path: mounted read-only, mounted writable
		"/a": {true, true}, "/b": {true, false}, "/b/x": {false, false}, "/b/writable/x": {true, true}, "/c": {false, false},
	}
	lib := readLibrary(t)
	for path, want := range tests {
		got := hostVerdicts(t, lib, g, hostPod(path, true), hostPod(path, false))
		if !slices.Equal(got, want[:]) {
			t.Errorf("%s: admitted read-only and writable: %v, want %v", path, got, want)
		}
	}
}
