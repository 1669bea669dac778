package exception_test

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// grants gives, for each key, some things that it can allow, each listed and
// with what is left of a pod once these are taken out of it.
func grants() map[string][]trial {
	none := func(*corev1.Pod) {}
	return map[string][]trial{
		"capabilities": {
			{grant{"exCapabilities": []string{"SYS_ADMIN"}}, withoutCapabilities("SYS_ADMIN"), false},
			{grant{"exCapabilities": []string{"SYS_PTRACE", "CHOWN", ""}}, withoutCapabilities("SYS_PTRACE", "CHOWN", ""), false},
			{grant{"exCapabilities": []string{"ALL"}}, withoutCapabilities("ALL"), false},
		},
		"hostPaths": {
			{grant{"exPaths": []string{"/usr/share/probe"}}, withoutHostPath("/usr/share/probe"), false},
			{grant{"exPathsReadOnly": []string{"/usr/share/probe"}}, withoutHostPath("/usr/share/probe"), false},
			{grant{"exPathPrefixes": []string{"/"}}, withoutHostPath(""), false},
			{grant{"exPathPrefixesReadOnly": []string{"/usr/sha"}}, none, true},
		},
		"volumeTypes": {
			{grant{"exVolumeTypes": []string{"nfs"}}, withoutVolumes("nfs"), false},
			{grant{"exVolumeTypes": []string{"rbd", "iscsi", "cephfs"}}, withoutVolumes("rbd", "iscsi", "cephfs"), false},
			{grant{"exVolumeTypes": []string{"hostPath", "name"}}, none, true},
		},
		"hostPorts": {
			{grant{"exHostPorts": [][]int{{8080, 8080}}}, withoutHostPorts(8080, 8080), false},
			{grant{"exHostPorts": [][]int{{53, 53}, {5000, 5500}}}, withoutHostPorts(53, 53, 5000, 5500), false},
			{grant{"exHostPorts": [][]int{{54321, 54321}}}, none, true},
		},
		"hostNamespaces": {
			{grant{"exHostNamespaces": []string{"hostPID"}}, func(p *corev1.Pod) { p.Spec.HostPID = false }, false},
			{grant{"exHostNamespaces": []string{"hostIPC", "hostNetwork"}}, func(p *corev1.Pod) {
				p.Spec.HostIPC, p.Spec.HostNetwork = false, false
			}, false},
		},
		"sysctls": {
			{grant{"exSysctls": []string{"kernel.msgmax"}}, withoutSysctls("kernel.msgmax"), false},
			{grant{"exSysctls": []string{"kernel.sem", "net/ipv4/tcp_syncookies"}}, withoutSysctls("kernel.sem", "net/ipv4/tcp_syncookies"), false},
		},
		"seccompProfiles": {
			{grant{"exSeccompProfiles": []string{"Unconfined"}}, confined, false},
			{grant{"exSeccompProfiles": []string{"Undefined"}}, defined, false},
			{grant{"exSeccompProfiles": []string{"Unconfined", "Undefined"}}, func(p *corev1.Pod) { confined(p); defined(p) }, false},
		},
		"appArmorProfiles": {{grant{"exAppArmorProfiles": []string{"Unconfined"}}, armored, false}},
		"seLinuxTypes": {
			{grant{"exSELinuxTypes": []string{"spc_t"}}, withoutSELinuxType("spc_t"), false},
			{grant{"exSELinuxTypes": []string{"container_logreader_t"}}, withoutSELinuxType("container_logreader_t"), false},
		},
		"procMountTypes":      {{grant{"exProcMountTypes": []string{"Unmasked"}}, masked, false}},
		"privileged":          {{grant{"exPrivileged": true}, unprivileged, false}},
		"privilegeEscalation": {{grant{"exPrivilegeEscalation": true}, unescalated, false}},
		"runAsRoot":           {{grant{"exRunAsRoot": true}, nobody, false}},
		"hostProcess":         {{grant{"exHostProcess": true}, withoutHostProcess, false}},
		"hostProbes":          {{grant{"exHostProbes": true}, withoutHosts, false}},
	}
}

// everything allows something by every key.
func everything() grant {
	out := grant{}
	for _, trials := range grants() {
		maps.Copy(out, trials[0].grant)
	}
	return out
}

// The standard plus the exception is what the standard says of a pod from which
// the things allowed are taken away: PSA's own checks are the oracle. The rules
// of all other controls are the very same, and so keep their verdicts.
func TestKeyOpensItsThing(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	pods, all := samples(t), grants()
	for _, lib := range everyLibrary(t) {
		standard := lib.excepted(t, grant{})
		for _, key := range exception.Keys() {
			if len(all[key.Name]) == 0 {
				t.Errorf("%s: no trial", key.Name)
			}
			key.Controls = held(lib, key.Controls)
			if !slices.ContainsFunc(lib.tried(lib.rules), func(r policy.Rule) bool { return slices.Contains(key.Controls, r.Controls[0]) }) {
				continue
			}
			for _, trial := range all[key.Name] {
				var touched []policy.Rule
				for i, r := range lib.excepted(t, trial.grant) {
					if !reflect.DeepEqual(r, standard[i]) {
						touched = append(touched, r)
					}
				}
				if got := controlsOf(touched, lib.rules); !sameSet(got, key.Controls) {
					t.Errorf("%s: %s: changes rules of %v, want %v", lib.version, key.Name, got, key.Controls)
				}
				opened := trial.judge(t, lib.version, key, beside(touched, lib.rules), pods)
				if lib.version == pss.Latest && (opened == 0) != trial.idle {
					t.Errorf("%s %v: opens %d pods", key.Name, trial.grant, opened)
				}
			}
		}
	}
}

// held gives the controls that some rule of the library is for.
func held(lib library, controls []policy.Control) []policy.Control {
	return slices.DeleteFunc(slices.Clone(controls), func(c policy.Control) bool {
		return !slices.ContainsFunc(lib.rules, func(r policy.Rule) bool { return slices.Contains(r.Controls, c) })
	})
}

// judge holds the verdicts of a key's own rules against the oracle, and counts
// what they refused before.
func (trial trial) judge(t *testing.T, version string, key exception.Key, rules []policy.Rule, pods []sample) int {
	t.Helper()
	oracle, err := pss.NewOracle(version)
	if err != nil {
		t.Fatal(err)
	}
	judge, opened := newJudge(t, rules), 0
	for _, s := range pods {
		rest := s.pod.DeepCopy()
		trial.take(rest)
		got := refusing(t, judge, rules, s)
		for _, c := range key.Controls {
			was, want := oracle.Refuses(c, s.pod), oracle.Refuses(c, rest)
			if want != slices.Contains(got, c) {
				t.Errorf("%s: %s %v: %s: control %s refuses %t, want %t", version, key.Name, trial.grant, s.name, c, !want, want)
			}
			if want && !was {
				t.Errorf("%s: %s %v: %s: the test's own idea of what is left is wrong", version, key.Name, trial.grant, s.name)
			}
			if was && !want {
				opened++
			}
		}
	}
	return opened
}

// beside adds to rules the others of their controls, which no key touches and
// which must hold beside them.
func beside(rules, builtin []policy.Rule) []policy.Rule {
	out := slices.Clone(rules)
	for _, b := range builtin {
		named := func(r policy.Rule) bool { return r.Name == b.Name }
		shares := func(r policy.Rule) bool { return slices.Equal(r.Controls, b.Controls) }
		if !slices.ContainsFunc(rules, named) && slices.ContainsFunc(rules, shares) {
			out = append(out, b)
		}
	}
	return out
}

func controlsOf(touched, rules []policy.Rule) []policy.Control {
	var out []policy.Control
	for _, r := range touched {
		i := slices.IndexFunc(rules, func(b policy.Rule) bool { return b.Name == r.Name })
		out = append(out, rules[i].Controls...)
	}
	return out
}

func sameSet(a, b []policy.Control) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// refusing gives the controls whose rules refuse the pod.
func refusing(t *testing.T, judge *admission.Judge, rules []policy.Rule, s sample) []policy.Control {
	t.Helper()
	var out []policy.Control
	for _, name := range denying(t, judge, s) {
		out = append(out, controlsOf([]policy.Rule{{Name: name}}, rules)...)
	}
	return out
}

// Adding to a list never denies more, whatever is added to what.
func TestMoreAllowedNeverDeniesMore(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	pods := samples(t)
	for _, lib := range everyLibrary(t) {
		now, before := grant{}, make([][]string, len(pods))
		for round := range 3 {
			judge := newJudge(t, lib.tried(lib.excepted(t, now)))
			for i, s := range pods {
				if lib.version != pss.Latest && i%4 != 0 {
					continue // the older libraries differ in a few rules; a part of the pods is telling
				}
				denied := denying(t, judge, s)
				for _, rule := range denied {
					if round > 0 && !slices.Contains(before[i], rule) {
						t.Errorf("%s: %s: %s refuses it once more is allowed: %v", lib.version, s.name, rule, now)
					}
				}
				before[i] = denied
			}
			for _, trials := range grants() {
				now = union(now, trials[min(round, len(trials)-1)].grant)
			}
		}
	}
}

func union(a, b grant) grant {
	out := maps.Clone(a)
	for k, v := range b {
		switch v := v.(type) {
		case []string:
			old, _ := out[k].([]string)
			out[k] = slices.Concat(old, v)
		case [][]int:
			old, _ := out[k].([][]int)
			out[k] = slices.Concat(old, v)
		default:
			out[k] = v
		}
	}
	return out
}

func TestKeysDescribeTheirValues(t *testing.T) {
	for _, k := range exception.Keys() {
		if k.Doc == "" || strings.Contains(k.Doc, "\n") || len(k.Variables) == 0 || len(k.Controls) == 0 {
			t.Errorf("%s is incomplete: %+v", k.Name, k)
		}
		if (len(k.Words) > 0) != (k.Kind == exception.Enum) || (k.Pattern != "") != (k.Kind == exception.Strings) {
			t.Errorf("%s: words and pattern do not fit kind %s", k.Name, k.Kind)
		}
		for _, c := range k.Controls {
			if !slices.ContainsFunc(pss.Controls(), func(i pss.Info) bool { return i.ID == c }) {
				t.Errorf("%s: there is no control %s", k.Name, c)
			}
		}
	}
	good := map[string]string{"capabilities": "SYS_PTRACE", "sysctls": "net.core.somaxconn", "seLinuxTypes": "spc_t"}
	bad := map[string][]string{
		"capabilities": {"CAP_SYS_PTRACE", "sys_ptrace", "", "SYS PTRACE"},
		"sysctls":      {"kernel.*", "kernel", "net/core/somaxconn", "kernel.sem\n"},
		"seLinuxTypes": {"spc t", ""},
	}
	for _, k := range exception.Keys() {
		if k.Kind != exception.Strings {
			continue
		}
		fits := func(s string) bool {
			return regexp.MustCompile(k.Pattern).MatchString(s) && (k.NotPattern == "" || !regexp.MustCompile(k.NotPattern).MatchString(s))
		}
		if !fits(good[k.Name]) || slices.ContainsFunc(bad[k.Name], fits) {
			t.Errorf("%s: pattern %s", k.Name, k.Pattern)
		}
	}
}

// What the API has and restricted does not allow, hostPath apart.
func TestVolumeTypesAreThoseOfTheAPI(t *testing.T) {
	oracle, err := pss.NewOracle(pss.Latest)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	source := reflect.TypeFor[corev1.VolumeSource]()
	for i := range source.NumField() {
		name, _, _ := strings.Cut(source.Field(i).Tag.Get("json"), ",")
		var pod corev1.Pod
		if err := yaml.Unmarshal([]byte("spec: {volumes: [{name: v, "+name+": {}}]}"), &pod); err != nil {
			t.Fatal(err)
		}
		if name != "hostPath" && oracle.Refuses("restrictedVolumes", &pod) {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	for _, k := range exception.Keys() {
		if k.Name == "volumeTypes" && !slices.Equal(k.Words, want) {
			t.Errorf("types are %v, want %v", k.Words, want)
		}
	}
}
