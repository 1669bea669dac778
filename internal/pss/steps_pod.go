package pss

import (
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// volumeSteps tries every type of volume that the API has, as reflection finds
// them, so that a type that comes with a new release is tried too.
func volumeSteps() []step {
	both := about("restrictedVolumes", "hostPathVolumes")
	volumes := func(name, text string, sources ...corev1.VolumeSource) step {
		return step{both, plain, name, text, func(p *corev1.Pod) {
			for i, s := range sources {
				p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "v" + string(rune('0'+i)), VolumeSource: s})
			}
		}}
	}
	host := corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/usr/share/probe"}}
	kept := corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
	out := []step{
		volumes("host-path", "with a volume of type hostPath", host),
		volumes("host-path-directory", "with a volume of type hostPath, an existing directory", corev1.VolumeSource{
			HostPath: &corev1.HostPathVolumeSource{Path: "/", Type: new(corev1.HostPathDirectory)},
		}),
		volumes("host-path-second", "with a hostPath volume behind an emptyDir", kept, host),
		volumes("host-path-first", "with a hostPath volume before an emptyDir", host, kept),
		volumes("nfs-second", "with an nfs volume behind an emptyDir", kept, corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{}}),
		volumes("two-kept", "with two emptyDir volumes", kept, kept),
	}
	for _, v := range volumeSources() {
		if v.HostPath != nil {
			continue
		}
		out = append(out, volumes("type-"+volumeType(v), "with a volume of type "+volumeType(v), v))
	}
	return out
}

// volumeSources gives an empty volume of every type.
func volumeSources() []corev1.VolumeSource {
	t := reflect.TypeFor[corev1.VolumeSource]()
	out := make([]corev1.VolumeSource, 0, t.NumField())
	for i := range t.NumField() {
		var source corev1.VolumeSource
		field := reflect.ValueOf(&source).Elem().Field(i)
		field.Set(reflect.New(field.Type().Elem()))
		out = append(out, source)
	}
	return out
}

// volumeType gives the name of the one field of the source that is set.
func volumeType(source corev1.VolumeSource) string {
	v := reflect.ValueOf(source)
	for i := range v.NumField() {
		if !v.Field(i).IsNil() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			return name
		}
	}
	return ""
}

// sysctlSteps tries every sysctl that any version of the standard calls safe,
// and some that none does.
func sysctlSteps() []step {
	var out []step
	set := func(names ...string) {
		list := strings.Join(names, ",")
		out = append(out, podStep("sysctls", list, "with sysctl "+list, func(p *corev1.Pod) {
			for _, n := range names {
				podContextOf(p).Sysctls = append(podContextOf(p).Sysctls, corev1.Sysctl{Name: n, Value: "1"})
			}
		}))
	}
	for _, n := range []string{
		"net.ipv4.ip_local_reserved_ports",
		"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
		"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat",
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
		"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
		"kernel.msgmax", "kernel.shmmax", "kernel.sem", "fs.mqueue.msg_max", "net.core.somaxconn",
		"net.ipv4.ip_forward", "net.ipv4.tcp_max_syn_backlog", "net.ipv6.conf.all.forwarding",
		// The API takes slashes for dots; the standard knows the dotted form only.
		"net/ipv4/tcp_syncookies",
	} {
		set(n)
	}
	set("net.ipv4.tcp_syncookies", "kernel.msgmax")
	set("kernel.msgmax", "net.ipv4.tcp_syncookies")
	set("net.ipv4.tcp_syncookies", "kernel.shm_rmid_forced")
	return out
}

// windowsSteps leaves hostNetwork out, which the API wants for HostProcess, so
// that no other control has a say in the verdict.
func windowsSteps() []step {
	control := about("windowsHostProcess")
	options := func(v bool) *corev1.WindowsSecurityContextOptions {
		return &corev1.WindowsSecurityContextOptions{HostProcess: new(v)}
	}
	hostProcess := func(v bool) change {
		name := map[bool]string{true: "true", false: "false"}[v]
		return change{name, "windowsOptions.hostProcess " + name, func(c *corev1.Container) {
			contextOf(c).WindowsOptions = options(v)
		}}
	}
	pod := podStep("windowsHostProcess", "pod-true", "with windowsOptions.hostProcess true for the whole pod", func(p *corev1.Pod) {
		podContextOf(p).WindowsOptions = options(true)
	})
	user := podStep("windowsHostProcess", "user-name", "with windowsOptions.runAsUserName", func(p *corev1.Pod) {
		podContextOf(p).WindowsOptions = &corev1.WindowsSecurityContextOptions{RunAsUserName: new("ContainerUser")}
	})
	out := []step{
		pod,
		pod.from(windows, "-windows", ", for Windows"),
		podStep("windowsHostProcess", "pod-false", "with windowsOptions.hostProcess false for the whole pod", func(p *corev1.Pod) {
			podContextOf(p).WindowsOptions = options(false)
		}),
		user,
		user.from(windows, "-windows", ", for Windows"),
	}
	out = append(out, inEach(everywhere(), control, hostProcess(true))...)
	out = append(out, inEach(app(), control, hostProcess(false))...)
	onWindows := hostProcess(true)
	onWindows.name, onWindows.text = onWindows.name+"-windows", "os.name windows and "+onWindows.text
	return append(out, inEach(inShape(windows, app()), control, onWindows)...)
}
