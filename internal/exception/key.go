package exception

import (
	"fmt"
	"slices"

	"github.com/vapchart/vapchart/internal/policy"
)

// Kind is the shape that a key's value has in the chart's values.
type Kind string

// The kinds of values.
const (
	Strings Kind = "strings" // a list of strings that match Pattern and not NotPattern
	Enum    Kind = "enum"    // a list of strings out of Words
	Paths   Kind = "paths"   // a list of {path or pathPrefix, readOnly}
	Ranges  Kind = "ranges"  // a list of ports and of {min, max}
	Bool    Kind = "bool"    // true; false would be an exception without effect
)

// Key is one thing that an exception can allow.
type Key struct {
	Name       string
	Kind       Kind
	Words      []string // of an Enum
	Pattern    string   // of Strings: a regular expression for the whole of each
	NotPattern string   // of Strings: what none may match; may be empty
	Variables  []Variable
	Controls   []policy.Control // that it touches, baseline first
	Doc        string           // one line for people
}

// Variable is a CEL variable that holds what exceptions allow.
type Variable struct{ Name, Type string }

// Keys gives every allow key, in the order in which they are told to people.
// The chart's schema and templates are made from it.
func Keys() []Key { return slices.Concat(nodeKeys(), profileKeys(), boolKeys()) }

// nodeKeys are those that open parts of the node.
func nodeKeys() []Key {
	return []Key{
		{
			Name: "capabilities", Kind: Strings,
			Pattern: "^[A-Z][A-Z0-9_]*$", NotPattern: "^CAP_",
			Variables: list("exCapabilities"),
			Controls:  controls("capabilities_baseline", "capabilities_restricted"),
			Doc:       "Linux capabilities that containers may add, such as SYS_PTRACE, beside those that the profile allows; ALL means the word ALL",
		},
		{
			Name: "hostPaths", Kind: Paths,
			Variables: list("exPaths", "exPathsReadOnly", "exPathPrefixes", "exPathPrefixesReadOnly"),
			Controls:  controls("hostPathVolumes", "restrictedVolumes"),
			Doc:       "paths of the node that may be mounted as hostPath: one path, or all at and below pathPrefix; with readOnly every mount must be read-only",
		},
		{
			Name: "volumeTypes", Kind: Enum, Words: VolumeTypes(),
			Variables: list("exVolumeTypes"),
			Controls:  controls("restrictedVolumes"),
			Doc:       "types of volumes beside those of restricted, by their field names, such as nfs; hostPath has a key of its own",
		},
		{
			Name: "hostPorts", Kind: Ranges,
			Variables: []Variable{{"exHostPorts", "list<list<int>>"}},
			Controls:  controls("hostPorts"),
			Doc:       "ports of the node that containers may bind: single ones, or ranges with min and max",
		},
		{
			Name: "hostNamespaces", Kind: Enum, Words: []string{"hostNetwork", "hostPID", "hostIPC"},
			Variables: list("exHostNamespaces"),
			Controls:  controls("hostNamespaces"),
			Doc:       "namespaces of the node that pods may share; with hostNetwork every port of a container is a host port, so hostPorts must allow these too",
		},
		{
			Name: "sysctls", Kind: Strings,
			Pattern:   `^([a-z0-9]([-_a-z0-9]*[a-z0-9])?\.)+[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`,
			Variables: list("exSysctls"),
			Controls:  controls("sysctls"),
			Doc:       "kernel parameters that pods may set, by exact name, beside the safe ones of the standard",
		},
	}
}

// profileKeys are those that loosen how containers are confined.
func profileKeys() []Key {
	return []Key{
		{
			Name: "seccompProfiles", Kind: Enum, Words: []string{"Unconfined", "Undefined"},
			Variables: list("exSeccompProfiles"),
			Controls:  controls("seccompProfile_baseline", "seccompProfile_restricted"),
			Doc:       "Unconfined: the profile may be Unconfined; Undefined: it may be unset",
		},
		{
			Name: "appArmorProfiles", Kind: Enum, Words: []string{"Unconfined"},
			Variables: list("exAppArmorProfiles"),
			Controls:  controls("appArmorProfile"),
			Doc:       "Unconfined: the profile may be Unconfined, by field or by annotation",
		},
		{
			Name: "seLinuxTypes", Kind: Strings, Pattern: "^[A-Za-z0-9_]+$",
			Variables: list("exSELinuxTypes"),
			Controls:  controls("seLinuxOptions"),
			Doc:       "SELinux types beside those of the standard; user and role stay forbidden",
		},
		{
			Name: "procMountTypes", Kind: Enum, Words: []string{"Unmasked"},
			Variables: list("exProcMountTypes"),
			Controls:  controls("procMount", "procMount_restricted"),
			Doc:       "Unmasked: containers may see /proc without masks",
		},
	}
}

func boolKeys() []Key {
	key := func(name, variable, doc string, c ...policy.Control) Key {
		return Key{Name: name, Kind: Bool, Variables: []Variable{{variable, "bool"}}, Controls: c, Doc: doc}
	}
	return []Key{
		key("privileged", "exPrivileged",
			"containers may be privileged; in restricted privilegeEscalation is needed too, since Kubernetes wants it beside privileged", "privileged"),
		key("privilegeEscalation", "exPrivilegeEscalation",
			"allowPrivilegeEscalation may be true or unset", "allowPrivilegeEscalation"),
		key("runAsRoot", "exRunAsRoot",
			"runAsNonRoot may be false or unset, and runAsUser 0", "runAsNonRoot", "runAsUser"),
		key("hostProcess", "exHostProcess",
			"Windows containers may be HostProcess; Kubernetes wants hostNetwork beside it, so hostNamespaces is needed too", "windowsHostProcess"),
		key("hostProbes", "exHostProbes",
			"probes and lifecycle hooks may name a host other than the pod", "hostProbesAndHostLifecycle"),
	}
}

// VolumeTypes gives the fields of a volume that the standard allows in baseline
// only. What came to Kubernetes later and is not here, the API server of that
// release knows and this list does not: it can only be too short.
func VolumeTypes() []string {
	return []string{
		"awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "fc", "flexVolume", "flocker",
		"gcePersistentDisk", "gitRepo", "glusterfs", "iscsi", "nfs", "photonPersistentDisk", "portworxVolume",
		"quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
	}
}

func list(names ...string) []Variable {
	var out []Variable
	for _, n := range names {
		out = append(out, Variable{n, "list<string>"})
	}
	return out
}

func controls(c ...policy.Control) []policy.Control { return c }

// find gives the key of a name.
func find(name string) (Key, bool) {
	keys := Keys()
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}

// Words gives a list of strings of the values.
func Words(value any) []string {
	list, _ := value.([]any)
	out := make([]string, 0, len(list))
	for _, w := range list {
		out = append(out, fmt.Sprint(w))
	}
	return out
}
