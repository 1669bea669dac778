package pss_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
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
	rules := builtinRules(t)
	a, err := pss.Assess(pss.Input{Rules: rules, Builtin: rules, Refuses: judgeByAdmission})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range a.Controls {
		if r.Why() != "" || r.Source != pss.FromBuiltin {
			t.Errorf("%s: from %s, %s", r.ID, r.Source, r.Why())
		}
	}
	probed := map[string][]policy.Control{}
	for _, r := range a.Rules {
		probed[r.Origin.Path] = append(probed[r.Origin.Path], r.Controls...)
	}
	policyOf := map[policy.Control]string{}
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		for _, file := range policyFiles(t, policies.FS, "pod-security-cel/"+string(profile)) {
			meta := metadataOf(t, file)
			id := policy.Control(meta.Annotations["vapchart.dev/control"])
			if other, ok := policyOf[id]; ok {
				t.Errorf("%s: %s is of control %s already", file, other, id)
			}
			policyOf[id] = file
			if got := slices.Compact(probed[file]); !slices.Equal(got, []policy.Control{id}) {
				t.Errorf("%s: says %s, probing says %v", file, id, got)
			}
			c := infoOf(t, id)
			if c.Profile != profile || c.Since != meta.Annotations["vapchart.dev/since"] {
				t.Errorf("%s: is of %s since %s, want %s since %s", file, profile, meta.Annotations["vapchart.dev/since"], c.Profile, c.Since)
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
	}
	for _, c := range pss.Controls() {
		if policyOf[c.ID] == "" {
			t.Errorf("no policy for control %s", c.ID)
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
	seen := map[string]string{}
	for _, r := range builtinRules(t) {
		for _, v := range r.Variables {
			key := string(r.Profile) + " " + v.Name
			if other, ok := seen[key]; ok && other != v.Expression.CEL {
				t.Errorf("%s: variable %s says something else in another rule of %s", r.Name, v.Name, r.Profile)
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
	objs, err := load(builtinRules(t)...)
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

// The API server gives up on an expression at 1,000,000 units.
func TestBuiltinIsCheap(t *testing.T) {
	judge, err := newJudge(builtinRules(t)...)
	if err != nil {
		t.Fatal(err)
	}
	object, _ := arrived(t, hugePod())
	review, err := judge.Review(context.Background(), admission.Request{Object: object})
	if err != nil {
		t.Fatal(err)
	}
	if len(review.Evaluations) != len(builtinRules(t)) {
		t.Errorf("%d rules judged the pod", len(review.Evaluations))
	}
	for _, e := range review.Evaluations {
		if e.Outcome != admission.Admitted || e.Cost > 250_000 {
			t.Errorf("%s: %s at a cost of %d", e.Policy, e.Outcome, e.Cost)
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
		c.SecurityContext.Capabilities.Add = slices.Repeat(caps("NET_BIND_SERVICE"), 100)
		c.SecurityContext.Capabilities.Drop = append(slices.Repeat(caps("NET_RAW"), 100), "ALL")
		c.SecurityContext.SELinuxOptions = &corev1.SELinuxOptions{Type: "container_engine_t"}
		pod.Spec.Containers = append(pod.Spec.Containers, c)
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: c.Name,
			VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: c.Name}}})
		pod.Spec.SecurityContext.Sysctls = append(pod.Spec.SecurityContext.Sysctls, corev1.Sysctl{Name: "net.ipv4.tcp_wmem", Value: "1"})
		pod.Annotations[corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name] = "localhost/profile"
	}
	return pod
}

// Every fixture of PSA's own suite gets PSA's verdict, control by control.
func TestBuiltinOnPSAFixtures(t *testing.T) {
	rules := builtinRules(t)
	controlOf := controlOfRule(t, rules)
	count := 0
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		judge := judgeOf(t, rules, profile)
		for _, verdict := range []string{"pass", "fail"} {
			for _, file := range fixtures(t, profile, verdict) {
				object, pod := arrived(t, readPod(t, file))
				got := refusedControls(t, judge, controlOf, object)
				if want := askAlone(t, profile, pod); !slices.Equal(got, want) {
					t.Errorf("%s: refused by %v, PSA by %v", file, got, want)
				}
				if (len(got) == 0) != (verdict == "pass") {
					t.Errorf("%s: refused by %v", file, got)
				}
				about := strings.TrimRight(strings.TrimSuffix(filepath.Base(file), ".yaml"), "0123456789")
				named := func(c policy.Control) bool { return strings.EqualFold(string(c), about) }
				if verdict == "fail" && !slices.ContainsFunc(got, named) {
					t.Errorf("%s: refused by %v, want %s among them", file, got, about)
				}
				count++
			}
		}
	}
	if count < 130 {
		t.Errorf("only %d fixtures found", count)
	}
}

// fixtures gives the files of PSA's newest version for a profile.
func fixtures(t *testing.T, profile policy.Profile, verdict string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatalf("find k8s.io/pod-security-admission: %v", err)
	}
	root := filepath.Join(strings.TrimSpace(string(out)), "test", "testdata", string(profile))
	newest := "v1.0"
	for _, c := range pss.Controls() {
		if len(c.Since) > len(newest) || (len(c.Since) == len(newest) && c.Since > newest) {
			newest = c.Since
		}
	}
	files, err := filepath.Glob(filepath.Join(root, newest, verdict, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures of %s in %s: %v", newest, root, err)
	}
	return files
}

func readPod(t *testing.T, file string) *corev1.Pod {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var pod corev1.Pod
	if err := yaml.UnmarshalStrict(data, &pod); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return &pod
}

// judgeOf gives a judge of the rules that hold in a namespace of the profile.
func judgeOf(t *testing.T, rules []policy.Rule, profile policy.Profile) *admission.Judge {
	t.Helper()
	var held []policy.Rule
	for _, r := range rules {
		if r.Profile == policy.Baseline || r.Profile == profile {
			held = append(held, r)
		}
	}
	judge, err := newJudge(held...)
	if err != nil {
		t.Fatal(err)
	}
	return judge
}

type objectMeta struct {
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations"`
}

func metadataOf(t *testing.T, file string) objectMeta {
	t.Helper()
	data, err := fs.ReadFile(policies.FS, file)
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

func infoOf(t *testing.T, id policy.Control) pss.Info {
	t.Helper()
	controls := pss.Controls()
	i := slices.IndexFunc(controls, func(c pss.Info) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("no control %q", id)
	}
	return controls[i]
}
