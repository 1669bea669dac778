package proof_test

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// podmaker makes a random pod over every field that the standard speaks of.
// What is not odd complies with restricted, so that single violations are
// common, and so are pods that pass.
type podmaker struct {
	*choices
	windows bool
	own     bool // each container says for itself what a pod can say for all
	bare    bool // nothing says anything: baseline at most
	names   int  // containers made so far
}

// randomPod makes the pod that the bytes decide for. It may be one that the API
// would refuse for another reason: only what it could not even read is left out.
func randomPod(data []byte) *corev1.Pod {
	m := &podmaker{choices: choicesOf(data)}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "random"}}
	m.windows, m.own, m.bare = m.odd(12), m.below(4) == 3, m.odd(12)
	spec := &pod.Spec
	if m.windows {
		spec.OS = &corev1.PodOS{Name: corev1.Windows}
	} else if m.odd(12) {
		spec.OS = &corev1.PodOS{Name: pick(m.choices, corev1.Linux, "", "Windows")}
	}
	for range 1 + pick(m.choices, 0, 0, 1, 2) {
		spec.Containers = append(spec.Containers, m.container())
	}
	for range pick(m.choices, 0, 0, 1, 2) {
		c := m.container()
		c.RestartPolicy = perhaps(m.choices, corev1.ContainerRestartPolicyAlways)
		spec.InitContainers = append(spec.InitContainers, c)
	}
	for range pick(m.choices, 0, 0, 1) {
		c := corev1.EphemeralContainerCommon(m.container())
		spec.EphemeralContainers = append(spec.EphemeralContainers, corev1.EphemeralContainer{EphemeralContainerCommon: c})
	}
	m.podWide(spec)
	m.host(spec)
	for i := range pick(m.choices, 0, 0, 1, 2, 3) {
		spec.Volumes = append(spec.Volumes, m.volume(fmt.Sprintf("v%d", i)))
	}
	m.annotations(pod)
	return pod
}

func (m *podmaker) host(spec *corev1.PodSpec) {
	if m.odd(5) {
		spec.HostUsers = new(m.below(3) == 2)
	}
	for _, field := range []*bool{&spec.HostNetwork, &spec.HostPID, &spec.HostIPC} {
		*field = m.odd(60)
	}
}

// podWide sets the pod's own security context.
func (m *podmaker) podWide(spec *corev1.PodSpec) {
	if m.bare && m.below(2) == 0 {
		return
	}
	c := &corev1.PodSecurityContext{}
	if !m.own && !m.bare {
		c.RunAsNonRoot = new(true)
		if !m.windows {
			c.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
		}
	}
	spec.SecurityContext = c
	m.user(&c.RunAsNonRoot, &c.RunAsUser)
	m.seccomp(&c.SeccompProfile)
	m.appArmor(&c.AppArmorProfile)
	m.seLinux(&c.SELinuxOptions)
	m.windowsOptions(&c.WindowsOptions)
	if m.odd(6) {
		for range 1 + m.below(3) {
			c.Sysctls = append(c.Sysctls, corev1.Sysctl{Name: pick(m.choices, sysctls()...), Value: pick(m.choices, "1", "0", "")})
		}
	}
	if m.odd(8) { // what the standard does not speak of
		c.RunAsGroup, c.FSGroup = perhaps(m.choices, int64(0), 1), perhaps(m.choices, int64(0), 1)
		c.SupplementalGroups = []int64{0}
		c.FSGroupChangePolicy = perhaps(m.choices, corev1.FSGroupChangeAlways)
	}
}

// sysctls gives those that some version calls safe, others, and near misses.
func sysctls() []string {
	return []string{
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
		"net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
		"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem",
		"net.ipv4.tcp_wmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat",
		"kernel.msgmax", "net.core.somaxconn", "net/ipv4/tcp_syncookies", "net.ipv4.tcp_syncookies ", "NET.IPV4.TCP_SYNCOOKIES", "net.ipv4.*", "",
	}
}

// annotations sets those of old, by which seccomp and AppArmor were asked for.
func (m *podmaker) annotations(pod *corev1.Pod) {
	if !m.odd(4) {
		return
	}
	pod.Annotations = map[string]string{}
	for range 1 + m.below(3) {
		container := pick(m.choices, "c0", "c1", "c2", "c3", "none", "")
		key := pick(m.choices,
			corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+container,
			corev1.SeccompContainerAnnotationKeyPrefix+container,
			corev1.SeccompPodAnnotationKey,
			"example.org/"+container,
		)
		pod.Annotations[key] = pick(m.choices, "runtime/default", "localhost/x", "docker/default", "", "unconfined",
			"localhost/", "localhost", "RuntimeDefault", "Unconfined", "runtime/default ", " ")
	}
}
