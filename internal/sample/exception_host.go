package sample

import (
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/vapchart/vapchart/internal/exception"
)

// hostPaths tries all paths in one pod. Beyond are a path beside one of them, and
// where only reading is allowed, a mount that can write.
func (s *sampler) hostPaths(value any) {
	grants, _ := value.([]any)
	var allowed, beside, writable []mount
	var texts []string
	for _, g := range grants {
		grant, _ := g.(map[string]any)
		readOnly := grant["readOnly"] == true
		at, _ := grant["path"].(string)
		next := path.Clean(at) + "-beyond"
		if prefix, below := grant["pathPrefix"].(string); below {
			at, next = path.Join(prefix, "vapchart-probe"), path.Clean(prefix)+"-beyond"
		}
		allowed = append(allowed, mount{at, readOnly})
		texts = append(texts, mount{at, readOnly}.String())
		if readOnly {
			writable = append(writable, mount{at, false})
		}
		if grant["pathPrefix"] == nil || next != "/-beyond" { // nothing is beside all paths
			beside = append(beside, mount{next, readOnly})
		}
	}
	s.allowed("with hostPath "+strings.Join(texts, " and "), mountAll(allowed))
	for _, beyond := range [][]mount{writable, beside} {
		if len(beyond) > 0 {
			s.beyond("with hostPath "+beyond[0].String(), mountAll(beyond[:1]))
		}
	}
}

// mount is a path of the node and how it is mounted.
type mount struct {
	path     string
	readOnly bool
}

func (m mount) String() string {
	if m.readOnly {
		return m.path + " mounted read-only"
	}
	return m.path + " mounted writable"
}

func mountAll(mounts []mount) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		for _, m := range mounts {
			name := fmt.Sprintf("v%d", len(p.Spec.Volumes))
			p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: m.path},
			}})
			app(p).VolumeMounts = append(app(p).VolumeMounts, corev1.VolumeMount{
				Name: name, MountPath: "/vapchart-probe/" + name, ReadOnly: m.readOnly,
			})
		}
	}
}

func (s *sampler) volumes(types []string) {
	set := func(types ...string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			for _, t := range types {
				p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: fmt.Sprintf("v%d", len(p.Spec.Volumes)), VolumeSource: Volume(t)})
			}
		}
	}
	s.allowed("with volumes of type "+strings.Join(types, ", "), set(types...))
	if t, ok := other(append([]string{"nfs"}, exception.VolumeTypes()...), types); ok {
		s.beyond("with a volume of type "+t, set(t))
	}
}

// hostPorts tries both ends of every range, in one pod.
func (s *sampler) hostPorts(value any) {
	list, _ := value.([]any)
	var ends []int32
	inside := func(n int32) bool {
		return slices.ContainsFunc(list, func(v any) bool { low, high := portRange(v); return low <= n && n <= high })
	}
	for _, v := range list {
		low, high := portRange(v)
		ends = append(ends, low, high)
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	s.allowed("with host ports "+strings.Trim(strings.ReplaceAll(fmt.Sprint(ends), " ", ", "), "[]"), bind(ends...))
	for _, n := range ends {
		for _, near := range []int32{n + 1, n - 1} {
			if near > 0 && near <= 65535 && !inside(near) {
				s.beyond(fmt.Sprintf("with host port %d", near), bind(near))
				return
			}
		}
	}
}

func bind(ports ...int32) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		for _, n := range ports {
			app(p).Ports = append(app(p).Ports, corev1.ContainerPort{ContainerPort: n, HostPort: n, Protocol: corev1.ProtocolTCP})
		}
	}
}

// portRange gives the ends of a range of the values; a single port is both.
func portRange(v any) (low, high int32) {
	number := func(v any) int32 {
		switch n := v.(type) {
		case float64:
			return int32(n)
		case int64:
			return int32(n) //nolint:gosec // the chart's schema bounds ports
		case int:
			return int32(n) //nolint:gosec // as above
		}
		return 0
	}
	if r, ok := v.(map[string]any); ok {
		return number(r["min"]), number(r["max"])
	}
	return number(v), number(v)
}

// runHostProcess makes a pod for Windows, where no field of Linux is allowed.
func runHostProcess(p *corev1.Pod) {
	p.Spec.OS = &corev1.PodOS{Name: corev1.Windows}
	p.Spec.HostNetwork = true
	p.Spec.SecurityContext = &corev1.PodSecurityContext{
		RunAsNonRoot:   new(true),
		WindowsOptions: &corev1.WindowsSecurityContextOptions{HostProcess: new(true)},
	}
	app(p).SecurityContext = nil
}

func onOtherHost(p *corev1.Pod) {
	app(p).LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
		Host: "192.0.2.1", Path: "/", Port: intstr.FromInt32(8080), Scheme: corev1.URISchemeHTTP,
	}}}
}
