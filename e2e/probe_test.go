package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/cli"
)

// probeWorld is what a chart is installed with, and namespaces with their labels.
type probeWorld struct {
	values     values
	namespaces map[string]map[string]string
	kubeconfig string // of who asks
}

// probeWorlds gives the same rules by names and by labels.
func probeWorlds(t *testing.T) map[string]*probeWorld {
	t.Helper()
	labels := func(profile string, exceptions ...string) map[string]string {
		out := map[string]string{domain + "/profile": profile}
		for _, e := range exceptions {
			out[domain+"/"+e] = "include"
		}
		return out
	}
	named := values{"exceptions": exceptions(t), "namespaces": parse(t, `
probe-name-baseline: {profile: baseline}
probe-name-restricted: {profile: restricted}
probe-name-wiki: {profile: restricted, exceptions: [sys-ptrace, geoip]}
probe-name-all: {profile: restricted, exceptions: [everything, add-capabilities]}
`)}
	return map[string]*probeWorld{
		"name": {named, map[string]map[string]string{
			"probe-name-baseline": nil, "probe-name-restricted": nil, "probe-name-wiki": nil, "probe-name-all": nil, "probe-name-other": nil,
		}, ""},
		"label": {values{"namespaceBinding": "label", "exceptions": exceptions(t)}, map[string]map[string]string{
			"probe-label-baseline": labels("baseline"), "probe-label-restricted": labels("restricted"),
			"probe-label-wiki": labels("restricted", "sys-ptrace", "geoip"), "probe-label-all": labels("restricted", "everything", "add-capabilities"),
			"probe-label-other": nil,
		}, ""},
	}
}

// probed is what a run of `vapchart probe` gave.
type probed struct {
	code      int
	out, errs string
}

func (p probed) String() string { return p.out + p.errs }

// probe runs `vapchart probe` in some of the namespaces, by the world's values.
func (p *probeWorld) probe(t *testing.T, ctx context.Context, namespaces []string, args ...string) probed {
	t.Helper()
	data, err := yaml.Marshal(p.values)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	all := []string{"probe", "-C", "..", "--kubeconfig", p.kubeconfig, "--values", file}
	for _, n := range namespaces {
		all = append(all, "-n", n)
	}
	var out, errs bytes.Buffer
	code := cli.Main(ctx, append(all, args...), cli.Streams{Out: &out, Err: &errs})
	return probed{code, out.String(), errs.String()}
}

// TestProbe installs the chart and asks at once whether it does what the values
// say, then breaks it in one way after the other: each is seen, and named.
func TestProbe(t *testing.T) {
	t.Parallel()
	for binding, world := range probeWorlds(t) {
		t.Run(binding, func(t *testing.T) {
			t.Parallel()
			names := slices.Sorted(maps.Keys(world.namespaces))
			w := takeClean(t)
			world.kubeconfig = w.control.Kubeconfig
			w.installing(t, chartFolder, world.values)
			for _, name := range names {
				namespace(t, w, name, world.namespaces[name])
			}
			if got := world.probe(t, t.Context(), names, "--wait", "180s"); got.code != 0 || !strings.Contains(got.out, " 0 not, 0 unknown") {
				t.Fatalf("right after the install: exit code %d\n%s", got.code, got)
			}
			for _, b := range breakages("probe-" + binding) {
				t.Run(b.name, func(t *testing.T) { b.try(t, w, world) })
			}
			t.Run("as the patch of a cluster", func(t *testing.T) { world.tryCluster(t, w, names) })
			t.Run("repaired while it waits", func(t *testing.T) {
				repair := deleteBinding("disallow-host-namespaces")(t, w)
				w.settle(t)
				time.AfterFunc(3*time.Second, repair)
				if got := world.probe(t, t.Context(), names[:1], "--wait", "180s"); got.code != 0 {
					t.Errorf("exit code %d\n%s", got.code, got)
				}
			})
		})
	}
}

// try breaks something, wants it seen, and repairs it, which is active as soon as what
// is broken next.
func (b breakage) try(t *testing.T, w *world, p *probeWorld) {
	repair := b.do(t, w)
	defer repair()
	w.settle(t)
	got := p.probe(t, t.Context(), b.namespaces)
	if got.code != b.code {
		t.Errorf("exit code %d, want %d", got.code, b.code)
	}
	for _, want := range b.says {
		if !strings.Contains(got.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Logf("\n%s", got)
	}
}

// tryCluster changes a binding as the kustomization of a cluster does, and wants
// --cluster to expect that.
func (p *probeWorld) tryCluster(t *testing.T, w *world, names []string) {
	repair := changeBinding("disallow-host-path", func(s *admissionv1.ValidatingAdmissionPolicyBindingSpec) {
		s.ValidationActions = []admissionv1.ValidationAction{admissionv1.Warn}
	})(t, w)
	defer func() {
		repair()
		w.settle(t)
	}()
	w.settle(t)
	data, err := yaml.Marshal(p.values)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"vapchart.yaml":             "{apiVersion: vapchart.dev/v1alpha1, kind: Project, clusters: [{name: live, kubernetes: \"1.33\"}]}",
		"overlays/live/values.yaml": string(data),
		"overlays/live/kustomization.yaml": `resources: [rendered]
patches:
- patch: '{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: disallow-host-path}, spec: {validationActions: [Warn]}}'
`,
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"probe", "-C", dir, "--chart", chartFolder, "--cluster", "live", "--kubeconfig", p.kubeconfig}
	for _, n := range names {
		args = append(args, "-n", n)
	}
	var out, errs bytes.Buffer
	if code := cli.Main(t.Context(), args, cli.Streams{Out: &out, Err: &errs}); code != 0 {
		t.Errorf("exit code %d\n%s%s", code, &out, &errs)
	}
}

// TestProbeLeavesNothing lists all that is stored before and after runs that end
// and runs that are interrupted.
func TestProbeLeavesNothing(t *testing.T) {
	t.Parallel()
	world := probeWorlds(t)["name"]
	w := install(t, world.values)
	world.kubeconfig = w.control.Kubeconfig
	for _, name := range []string{"probe-left-a", "probe-left-b"} {
		namespace(t, w, name, nil)
	}
	names := []string{"probe-left-a", "probe-left-b"}
	before := w.still(t)
	if got := world.probe(t, t.Context(), names); got.code != 0 {
		t.Errorf("exit code %d\n%s", got.code, got)
	}
	interrupted := 0
	for after := 200 * time.Millisecond; after < 1300*time.Millisecond; after += 200 * time.Millisecond {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(after, cancel)
		if got := world.probe(t, ctx, names); got.code != 0 {
			interrupted++
			if got.code != 1 || got.out != "" || got.errs != "error: interrupted, nothing was changed\n" {
				t.Errorf("interrupted after %s: exit code %d\n%s", after, got.code, got)
			}
		}
		timer.Stop()
		cancel()
	}
	if interrupted == 0 {
		t.Error("no run was interrupted")
	}
	after := w.stored(t)
	for _, o := range after {
		if !slices.Contains(before, o) {
			t.Errorf("left behind: %s", o)
		}
	}
	if len(after) != len(before) {
		t.Errorf("before there were %d objects, after %d", len(before), len(after))
	}
}

// still waits until the controllers have done what is to do, for these namespaces and
// after the tests before, and gives what is stored then.
func (w *world) still(t *testing.T) []string {
	t.Helper()
	var now []string
	eventually(t, "nothing comes and goes by itself", func() error {
		before := now
		time.Sleep(time.Second)
		if now = w.stored(t); !slices.Equal(before, now) {
			return fmt.Errorf("%d objects, then %d", len(before), len(now))
		}
		return nil
	})
	return now
}

// stored names every object of the cluster, but for what the control plane writes
// about itself.
func (w *world) stored(t *testing.T) []string {
	t.Helper()
	quiet := rest.CopyConfig(w.control.Config)
	quiet.WarningHandler = rest.NoWarnings{} // of old versions
	client, err := metadata.NewForConfig(quiet)
	if err != nil {
		t.Fatal(err)
	}
	lists, err := w.Discovery().ServerPreferredResources()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range listable(t, lists) {
		all, err := client.Resource(r).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatalf("list %s: %v", r.Resource, err)
		}
		for i := range all.Items {
			out = append(out, r.Resource+" "+all.Items[i].Namespace+"/"+all.Items[i].Name)
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d objects: is this a cluster?", len(out))
	}
	slices.Sort(out)
	return out
}
