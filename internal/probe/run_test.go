package probe_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/probe"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
)

// policyOf is a template of a chart: a policy that refuses hostPID, and its binding.
func policyOf(name string) string {
	return fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: %[1]s}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations:
  - {expression: '!object.spec.?hostPID.orValue(false)', message: "{{ .Values.word }} {{ .Capabilities.KubeVersion.Minor }}"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: %[1]s}
spec: {policyName: %[1]s, validationActions: [Deny]}
`, name)
}

// patched is the kustomization of a cluster that takes one policy away and lets the
// other warn.
const patched = `
resources: [rendered]
patches:
- patch: '{"$patch": delete, apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: gone}}'
- patch: '{"$patch": delete, apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: gone}}'
- patch: '{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicyBinding, metadata: {name: pid}, spec: {validationActions: [Warn]}}'
`

// probing gives a project with the cluster "here", and the kubeconfig of a cluster
// of Kubernetes 1.34 that has the namespace web and no policies.
func probing(t *testing.T) (*project.Project, string) {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/version":
			fmt.Fprint(w, `{"gitVersion": "v1.34.1"}`)
		case r.URL.Path == "/api/v1/namespaces/web":
			fmt.Fprint(w, `{"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "web"}}`)
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/pods"):
			answering(http.StatusCreated, `{"kind": "Pod", "apiVersion": "v1"}`)(w)
		case r.Method == http.MethodPost:
			answering(http.StatusCreated, `{"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "status": {"userInfo": {"username": "me"}}}`)(w)
		case strings.HasSuffix(r.URL.Path, "/validatingadmissionpolicies"):
			fmt.Fprint(w, `{"kind": "ValidatingAdmissionPolicyList", "apiVersion": "admissionregistration.k8s.io/v1", "items": []}`)
		default:
			fmt.Fprint(w, `{"kind": "ValidatingAdmissionPolicyBindingList", "apiVersion": "admissionregistration.k8s.io/v1", "items": []}`)
		}
	}))
	t.Cleanup(web.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"kubeconfig": fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],
clusters: [{name: a, cluster: {server: %q}}], users: [{name: a, user: {}}]}`, web.URL),
		project.File:                       "apiVersion: vapchart.dev/v1alpha1\nkind: Project\nclusters: [{name: here, kubernetes: \"1.33\"}]\n",
		"overlays/here/values.yaml":        "word: its own\n",
		"overlays/here/kustomization.yaml": patched,
		"chart/Chart.yaml":                 "apiVersion: v2\nname: own\nversion: 0.1.0\n",
		"chart/values.yaml":                "word: the chart's\n",
		"chart/templates/pid.yaml":         policyOf("pid"),
		"chart/templates/gone.yaml":        policyOf("gone"),
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &project.Project{Dir: dir}, filepath.Join(dir, "kubeconfig")
}

// TestRunByCluster wants the objects and the answers of a cluster of the project to
// be those that its values and its patches come to, at the live cluster's version.
func TestRunByCluster(t *testing.T) {
	said := func(policies ...string) (out []probe.Said) {
		for _, p := range policies {
			name, message, _ := strings.Cut(p, ": ")
			out = append(out, probe.Said{Policy: name, Message: message})
		}
		return out
	}
	for name, want := range map[string]struct {
		missing  []string
		expected probe.Expected
		note     bool
	}{
		"":     {[]string{"gone", "pid"}, probe.Expected{Denials: said("gone: the chart's 34", "pid: the chart's 34")}, false},
		"here": {[]string{"pid"}, probe.Expected{Warnings: said("pid: its own 34")}, true},
	} {
		p, kubeconfig := probing(t)
		var errs bytes.Buffer
		streams := term.Streams{Err: &errs, Now: time.Now, Env: func(string) string { return "" }}
		got, err := probe.Run(t.Context(), streams, p, probe.Options{
			Kubeconfig: kubeconfig, Namespaces: []string{"web"}, Cluster: name, Chart: p.Path("chart"), Release: cluster.Release,
		})
		if err != nil {
			t.Fatal(err)
		}
		var missing []string
		for _, o := range got.Objects {
			if o.Problem == probe.Missing && o.Kind == "binding" {
				missing = append(missing, o.Name)
			}
		}
		if !reflect.DeepEqual(missing, want.missing) {
			t.Errorf("cluster %q: missing bindings %v, want %v", name, missing, want.missing)
		}
		asked := 0
		for _, c := range got.Cells {
			if strings.Contains(c.Text, "hostPID") {
				asked++
				if !reflect.DeepEqual(c.Expected, want.expected) {
					t.Errorf("cluster %q: %s: expected %+v, want %+v", name, c.Text, c.Expected, want.expected)
				}
			}
		}
		if asked == 0 {
			t.Errorf("cluster %q: no pod with hostPID was asked about", name)
		}
		if note := strings.Contains(errs.String(), "note: the cluster runs Kubernetes 1.34, and vapchart.yaml lists here with 1.33"); note != want.note {
			t.Errorf("cluster %q: said\n%s", name, &errs)
		}
	}
}
