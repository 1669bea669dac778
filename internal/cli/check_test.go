package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/term"
)

// checkHere runs `vapchart check` by the chart of this repository.
func checkHere(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = cli.Main(context.Background(), append([]string{"check", "--chart", "../../charts/pod-security"}, args...),
		term.Streams{In: strings.NewReader(stdin), Out: &o, Err: &e})
	return code, o.String(), e.String()
}

// TestCheckKeepsTheOrder judges many objects at once and wants the decisions in
// the order of the objects, each about its own.
func TestCheckKeepsTheOrder(t *testing.T) {
	const count = 200
	var text strings.Builder
	for i := range count {
		fmt.Fprintf(&text, "---\napiVersion: v1\nkind: Pod\nmetadata: {name: pod-%d}\nspec: {hostPID: %t, containers: [{name: c, image: example.org/c}]}\n", i, i%3 == 0)
	}
	code, out, errs := checkHere(t, text.String(), "-f", "-", "-o", "json")
	if code != 0 {
		t.Fatal(errs)
	}
	var decisions []struct {
		Line     int
		Name     string
		Warnings []struct{ Policy string }
	}
	if err := json.Unmarshal([]byte(out), &decisions); err != nil {
		t.Fatal(err)
	}
	if len(decisions) != count {
		t.Fatalf("%d decisions", len(decisions))
	}
	for i, d := range decisions {
		hostPID := false
		for _, w := range d.Warnings {
			hostPID = hostPID || strings.HasPrefix(w.Policy, "disallow-host-namespaces")
		}
		if d.Name != fmt.Sprintf("pod-%d", i) || d.Line != 5*i+2 || hostPID != (i%3 == 0) {
			t.Errorf("decision %d is about %s at line %d, hostPID %t", i, d.Name, d.Line, hostPID)
		}
	}
}

// TestCheckWithoutPermission wants what cannot be read named, file and folder.
func TestCheckWithoutPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pod.yaml"), nil, 0o200); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o300); err != nil {
		t.Fatal(err)
	}
	code, _, errs := checkHere(t, "", "-f", dir)
	for _, want := range []string{"/pod.yaml: permission denied\n", "/sub: permission denied\n", "2 errors"} {
		if code != 1 || !strings.Contains(errs, want) {
			t.Errorf("exit code %d, no %q in\n%s", code, want, errs)
		}
	}
}

// TestCheckInterrupted wants no report of what was not judged.
func TestCheckInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	code := cli.Main(ctx, []string{"check", "--chart", "../../charts/pod-security", "-f", "../../examples/web.yaml"}, term.Streams{Out: &out, Err: &errs})
	if code != 1 || out.Len() > 0 || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("exit code %d\n%s%s", code, out.String(), errs.String())
	}
}

// TestCheckDoc holds the report that docs/check.md shows against what happens.
func TestCheckDoc(t *testing.T) {
	const values = "namespaces: {site: {profile: restricted}}\n"
	const app = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: site}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostPID: true
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers: [{name: c, image: example.org/c, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: batch, namespace: elsewhere}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers: [{name: c, image: example.org/c, securityContext: {allowPrivilegeEscalation: false}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: site}
spec: {ports: [{port: 80}]}
`
	dir := t.TempDir()
	for name, text := range map[string]string{"values.yaml": values, "app.yaml": app} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := os.ReadFile("../../docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := checkHere(t, "", "-f", filepath.Join(dir, "app.yaml"), "--values", filepath.Join(dir, "values.yaml"))
	out = strings.ReplaceAll(out, filepath.ToSlash(dir)+"/", "")
	if code != 3 || !strings.Contains(string(doc), "```\n"+out+"```\n") {
		t.Errorf("exit code %d, docs/check.md does not show\n%s%s", code, out, errs)
	}
}
