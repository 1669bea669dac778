package pss

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func hostNamespaceSteps() []step {
	try := func(name, text string, apply func(*corev1.Pod)) step {
		return podStep("hostNamespaces", name, text, apply)
	}
	return []step{
		try("network", "with hostNetwork", func(p *corev1.Pod) { p.Spec.HostNetwork = true }),
		try("pid", "with hostPID", func(p *corev1.Pod) { p.Spec.HostPID = true }),
		try("ipc", "with hostIPC", func(p *corev1.Pod) { p.Spec.HostIPC = true }),
		try("all", "in all host namespaces", func(p *corev1.Pod) {
			p.Spec.HostNetwork, p.Spec.HostPID, p.Spec.HostIPC = true, true, true
		}),
		try("shared-process", "with shareProcessNamespace", func(p *corev1.Pod) { p.Spec.ShareProcessNamespace = new(true) }),
		try("unshared-process", "with shareProcessNamespace false", func(p *corev1.Pod) { p.Spec.ShareProcessNamespace = new(false) }),
		try("host-users", "with hostUsers true", func(p *corev1.Pod) { p.Spec.HostUsers = new(true) }),
	}
}

func hostPortSteps() []step {
	ports := func(hosts ...int32) change {
		name := strings.Trim(strings.ReplaceAll(fmt.Sprint(hosts), " ", ","), "[]")
		return change{name, "host ports " + name, func(c *corev1.Container) {
			for i, h := range hosts {
				port := corev1.ContainerPort{ContainerPort: 8000 + int32(i), HostPort: h, Protocol: corev1.ProtocolTCP}
				c.Ports = append(c.Ports, port)
			}
		}}
	}
	out := inEach(everywhere(), about("hostPorts"), ports(8080), ports(0))
	return append(out, inEach(app(), about("hostPorts"),
		// A rule for a range of ports shows by what it lets pass.
		ports(1), ports(80), ports(443), ports(5000), ports(5500), ports(9100), ports(30000), ports(65535),
		ports(0, 8080), ports(8080, 0), ports(0, 0, 0),
		change{"udp", "host port 53 for UDP", func(c *corev1.Container) {
			c.Ports = []corev1.ContainerPort{{ContainerPort: 53, HostPort: 53, Protocol: corev1.ProtocolUDP}}
		}})...)
}

// hookSteps tries all that the kubelet calls. Only containers that keep running
// may have such hooks.
func hookSteps() []step {
	control := about("hostProbesAndHostLifecycle")
	places := everywhere()
	port := intstr.FromInt32(8080)
	get := func(h hook, host string) change {
		return change{h.name + "-http" + host, "httpGet" + onHost(host) + " as " + h.name, func(c *corev1.Container) {
			h.set(c, &corev1.HTTPGetAction{Host: host, Path: "/", Port: port, Scheme: corev1.URISchemeHTTP}, nil)
		}}
	}
	dial := func(h hook, host string) change {
		return change{h.name + "-tcp" + host, "tcpSocket" + onHost(host) + " as " + h.name, func(c *corev1.Container) {
			h.set(c, nil, &corev1.TCPSocketAction{Host: host, Port: port})
		}}
	}
	var out []step
	for _, h := range hooks() {
		out = append(out, inEach(app(), control, get(h, "192.0.2.1"), dial(h, "192.0.2.1"), get(h, ""), dial(h, ""))...)
		out = append(out, inEach([]place{places[1], places[3]}, control, get(h, "192.0.2.1"))...)
	}
	return append(out, inEach(app(), control,
		change{"header", "a Host header in the livenessProbe", func(c *corev1.Container) {
			hooks()[0].set(c, &corev1.HTTPGetAction{Path: "/", Port: port, Scheme: corev1.URISchemeHTTP,
				HTTPHeaders: []corev1.HTTPHeader{{Name: "Host", Value: "192.0.2.1"}}}, nil)
		}},
		change{"exec", "a command as livenessProbe", func(c *corev1.Container) {
			c.LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"true"}}}}
		}},
		change{"grpc", "gRPC as livenessProbe", func(c *corev1.Container) {
			c.LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{GRPC: &corev1.GRPCAction{Port: 8080}}}
		}})...)
}

func onHost(host string) string {
	if host == "" {
		return ""
	}
	return " on host " + host
}

// hook is one field of a container that makes the kubelet call somewhere.
type hook struct {
	name string
	set  func(*corev1.Container, *corev1.HTTPGetAction, *corev1.TCPSocketAction)
}

func hooks() []hook {
	probe := func(name string, field func(*corev1.Container) **corev1.Probe) hook {
		return hook{name, func(c *corev1.Container, get *corev1.HTTPGetAction, dial *corev1.TCPSocketAction) {
			*field(c) = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: get, TCPSocket: dial}}
		}}
	}
	return []hook{
		probe("livenessProbe", func(c *corev1.Container) **corev1.Probe { return &c.LivenessProbe }),
		probe("readinessProbe", func(c *corev1.Container) **corev1.Probe { return &c.ReadinessProbe }),
		probe("startupProbe", func(c *corev1.Container) **corev1.Probe { return &c.StartupProbe }),
		{"postStart", func(c *corev1.Container, get *corev1.HTTPGetAction, dial *corev1.TCPSocketAction) {
			c.Lifecycle = &corev1.Lifecycle{PostStart: &corev1.LifecycleHandler{HTTPGet: get, TCPSocket: dial}}
		}},
		{"preStop", func(c *corev1.Container, get *corev1.HTTPGetAction, dial *corev1.TCPSocketAction) {
			c.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{HTTPGet: get, TCPSocket: dial}}
		}},
	}
}
