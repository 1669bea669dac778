package pss_test

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/policies"
)

// Each policy says which control it is, and since when; probing must agree, and
// find nothing to correct.
func TestBuiltinIsOnePolicyPerControl(t *testing.T) {
	for _, version := range pss.Breakpoints() {
		t.Run(version, func(t *testing.T) { onePolicyPerControl(t, version) })
	}
}

func onePolicyPerControl(t *testing.T, version string) {
	rules := builtinAt(t, version)
	a, err := pss.Assess(pss.Input{Rules: rules, Builtin: rules, Version: version, Strict: true, Refuses: judgeByAdmission})
	if err != nil {
		t.Fatal(err)
	}
	infos := map[policy.Control]pss.Info{}
	for _, r := range a.Controls {
		infos[r.ID] = r.Info
		if r.Why() != "" || r.Source != pss.FromBuiltin || r.Corrected() {
			t.Errorf("%s: from %s, %s", r.ID, r.Source, r.Why())
		}
	}
	for _, n := range a.Additions {
		t.Errorf("%s: %s", n.Rule, n.Reason)
	}
	probed := map[string][]policy.Control{}
	for _, r := range a.Rules {
		probed[r.Origin.Path] = append(probed[r.Origin.Path], r.Controls...)
	}
	policyOf := map[policy.Control]string{}
	for file := range probed {
		meta := metadataOf(t, version, file)
		id := policy.Control(meta.Annotations["vapchart.dev/control"])
		if other, ok := policyOf[id]; ok {
			t.Errorf("%s: %s is of control %s already", file, other, id)
		}
		policyOf[id] = file
		if got := slices.Compact(probed[file]); !slices.Equal(got, []policy.Control{id}) {
			t.Errorf("%s: says %s, probing says %v", file, id, got)
		}
		c, since := infos[id], meta.Annotations["vapchart.dev/since"]
		if path.Base(path.Dir(path.Dir(file))) != string(c.Profile) || c.Since != since {
			t.Errorf("%s: since %s, want %s of %s", file, since, c.Since, c.Profile)
		}
		if want := path.Base(path.Dir(file)); meta.Name != want || path.Base(file) != want+".yaml" {
			t.Errorf("%s: the policy is called %s", file, meta.Name)
		}
		for _, key := range []string{"title", "category", "severity", "subject", "description"} {
			if meta.Annotations["policies.kyverno.io/"+key] == "" {
				t.Errorf("%s: has no annotation policies.kyverno.io/%s", file, key)
			}
		}
	}
	for id := range infos {
		if policyOf[id] == "" {
			t.Errorf("no policy for control %s", id)
		}
	}
}

// The names are labels on namespaces wherever the published library is in use.
func TestBuiltinKeepsPublishedNames(t *testing.T) {
	want := []string{
		"disallow-capabilities-adding-capabilities",
		"disallow-capabilities-strict-adding-capabilities-strict",
		"disallow-capabilities-strict-require-drop-all",
		"disallow-host-namespaces",
		"disallow-host-path",
		"disallow-host-ports-none",
		"disallow-host-probes-and-lifecycle",
		"disallow-host-process-containers",
		"disallow-privilege-escalation",
		"disallow-privileged-containers",
		"disallow-proc-mount-check-proc-mount",
		"disallow-proc-mount-strict",
		"disallow-selinux-type",
		"disallow-selinux-user-role",
		"require-run-as-non-root-user",
		"require-run-as-nonroot-run-as-non-root",
		"restrict-apparmor-profiles-app-armor",
		"restrict-seccomp-check-seccomp",
		"restrict-seccomp-strict-check-seccomp-strict",
		"restrict-sysctls-check-sysctls",
		"restrict-volume-types-restricted-volumes",
	}
	rules := builtinRules(t)
	got := make([]string, 0, len(rules))
	for _, r := range rules {
		got = append(got, r.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("rules are\n%swant\n%s", lines(got), lines(want))
	}
}

// Rules of a control are merged where the library that they correct has one
// rule for it, and pods in templates are reached by rewriting object.spec and
// object.metadata.
func TestBuiltinCanBeMergedAndMoved(t *testing.T) {
	for _, version := range pss.Breakpoints() {
		canBeMergedAndMoved(t, version)
	}
}

func canBeMergedAndMoved(t *testing.T, version string) {
	t.Helper()
	seen := map[string]string{}
	for _, r := range builtinAt(t, version) {
		for _, v := range r.Variables {
			key := string(r.Profile) + " " + v.Name
			if other, ok := seen[key]; ok && other != v.Expression.CEL {
				t.Errorf("%s: %s: variable %s says something else in another rule of %s", version, r.Name, v.Name, r.Profile)
			}
			seen[key] = v.Expression.CEL
			onlyReadsPod(t, r, v.Expression.CEL)
		}
		for _, v := range r.Validations {
			onlyReadsPod(t, r, v.Expression.CEL)
			if v.Message == "" || strings.Contains(v.Message, "\n") {
				t.Errorf("%s: %q is no message of one line", r.Name, v.Message)
			}
		}
	}
}

func onlyReadsPod(t *testing.T, r policy.Rule, cel string) {
	t.Helper()
	for _, at := range strings.Split(cel, "object")[1:] {
		if !strings.HasPrefix(at, ".spec.") && !strings.HasPrefix(at, ".metadata.") {
			t.Errorf("%s: reads object%.12s", r.Name, at)
		}
	}
}

func TestBuiltinCompilesEverywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	for _, rules := range revisions(t) {
		objs, err := load(rules...)
		if err != nil {
			t.Fatal(err)
		}
		findings, err := admission.Check(objs, []string{"1.30", admission.Newest()})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			t.Error(f)
		}
	}
}

// The API server gives up on an expression at 1,000,000 units.
func TestBuiltinIsCheap(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	for version, rules := range revisions(t) {
		judge, err := newJudge(rules...)
		if err != nil {
			t.Fatal(err)
		}
		object, _ := arrived(t, hugePod())
		review, err := judge.Review(context.Background(), admission.Request{Object: object})
		if err != nil {
			t.Fatal(err)
		}
		if len(review.Evaluations) != len(rules) {
			t.Errorf("%s: %d rules judged the pod", version, len(review.Evaluations))
		}
		for _, e := range review.Evaluations {
			// The newest sysctls and SELinux types were none of older versions.
			newer := strings.Contains(e.Policy, "sysctls") || strings.Contains(e.Policy, "selinux")
			if e.Cost > 250_000 || e.Outcome != admission.Admitted && (version == pss.Latest || !newer) {
				t.Errorf("%s: %s: %s at a cost of %d", version, e.Policy, e.Outcome, e.Cost)
			}
		}
	}
}

// hugePod gives a compliant pod of 100 containers with long lists of everything.
func hugePod() *corev1.Pod {
	pod := pss.Probes()[0].Pod.DeepCopy()
	pod.Annotations = map[string]string{}
	one := pod.Spec.Containers[0]
	pod.Spec.Containers = nil
	for i := range 100 {
		c := *one.DeepCopy()
		c.Name = fmt.Sprintf("container-%d", i)
		for port := range int32(100) {
			c.Ports = append(c.Ports, corev1.ContainerPort{ContainerPort: port + 1, Protocol: corev1.ProtocolTCP})
		}
		c.SecurityContext.Capabilities.Add = slices.Repeat([]corev1.Capability{"NET_BIND_SERVICE"}, 100)
		c.SecurityContext.Capabilities.Drop = append(slices.Repeat([]corev1.Capability{"NET_RAW"}, 100), "ALL")
		c.SecurityContext.SELinuxOptions = &corev1.SELinuxOptions{Type: "container_engine_t"}
		pod.Spec.Containers = append(pod.Spec.Containers, c)
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: c.Name,
			VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: c.Name}}})
		pod.Spec.SecurityContext.Sysctls = append(pod.Spec.SecurityContext.Sysctls, corev1.Sysctl{Name: "net.ipv4.tcp_wmem", Value: "1"})
		pod.Annotations[corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name] = "localhost/profile"
		pod.Annotations[corev1.SeccompContainerAnnotationKeyPrefix+c.Name] = "localhost/profile"
	}
	return pod
}

type objectMeta struct {
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations"`
}

func metadataOf(t *testing.T, version, file string) objectMeta {
	t.Helper()
	lib, err := policies.At(version)
	if err != nil {
		t.Fatal(err)
	}
	data, err := fs.ReadFile(lib, file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Metadata objectMeta `json:"metadata"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Metadata
}
