package e2e_test

import "testing"

// exceptions gives one exception for each key of allow, all of them at once, and
// those of a wiki.
func exceptions(t testing.TB) values {
	t.Helper()
	allow := parse(t, `
add-capabilities: {capabilities: [SYS_ADMIN, NET_RAW]}
host-volumes: {hostPaths: [{path: /data}, {pathPrefix: /var/lib/site, readOnly: true}]}
more-volumes: {volumeTypes: [nfs, iscsi, gitRepo]}
host-ports: {hostPorts: [53, {min: 12345, max: 12346}]}
host-namespaces: {hostNamespaces: [hostNetwork, hostPID]}
set-sysctls: {sysctls: [othersysctl.value, kernel.msgmax]}
any-seccomp: {seccompProfiles: [Unconfined, Undefined]}
any-apparmor: {appArmorProfiles: [Unconfined]}
selinux-type: {seLinuxTypes: [spc_t, somevalue]}
proc-mount: {procMountTypes: [Unmasked]}
run-privileged: {privileged: true}
escalation: {privilegeEscalation: true}
root: {runAsRoot: true}
host-process: {hostProcess: true}
host-probes: {hostProbes: true}
`)
	all := values{}
	for _, one := range allow {
		for key, value := range one.(values) {
			all[key] = value
		}
	}
	allow["everything"] = all
	allow["geoip"] = parse(t, `hostPaths: [{path: /usr/share/GeoIP, readOnly: true}, {path: /usr/share/GeoIPInfo, readOnly: true}]`)
	allow["sys-ptrace"] = parse(t, `capabilities: [SYS_PTRACE]`)
	out := values{}
	for name, allowed := range allow {
		out[name] = values{"reason": "to try it", "allow": allowed}
	}
	return out
}
