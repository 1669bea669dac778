package probe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/probe"
)

// server is an API server that answers what a test says, and keeps what it was
// asked.
type server struct {
	sync.Mutex
	asked []string
	pods  []corev1.Pod
}

// connect gives a cluster whose API server answers each path by a function.
func connect(t *testing.T, answers map[string]func(http.ResponseWriter)) (*server, *probe.Cluster) {
	t.Helper()
	s := &server{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Lock()
		s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI())
		var pod corev1.Pod
		if json.NewDecoder(r.Body).Decode(&pod) == nil && pod.Kind == "Pod" {
			s.pods = append(s.pods, pod)
		}
		s.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if answer := answers[r.URL.Path]; answer != nil {
			answer(w)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(web.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],
clusters: [{name: a, cluster: {server: %q}}], users: [{name: a, user: {}}]}`, web.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := probe.Connect(probe.Access{Files: []string{filepath.Join(t.TempDir(), "not-there"), file}})
	if err != nil || c.Server() != web.URL {
		t.Fatalf("server %s, %v", c.Server(), err)
	}
	return s, c
}

func answering(code int, body string, warnings ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for _, text := range warnings {
			w.Header().Add("Warning", fmt.Sprintf("299 - %q", text))
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

const status = `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": %q, "reason": "Forbidden", "code": 403}`

// TestAsk wants every pod created on trial only, and the answers taken apart.
func TestAsk(t *testing.T) {
	s, c := connect(t, map[string]func(http.ResponseWriter){
		"/api/v1/namespaces/good/pods":   answering(201, `{"kind": "Pod", "apiVersion": "v1", "spec": {"hostPID": true}}`, fmt.Sprintf(warning, "w")),
		"/api/v1/namespaces/denied/pods": answering(403, fmt.Sprintf(status, fmt.Sprintf(denial, "pid")), fmt.Sprintf(warning, "w")),
	})
	pod := &corev1.Pod{}
	pod.Name, pod.Namespace = "probe", "default"
	for namespace, want := range map[string]probe.Verdict{"good": probe.Admitted, "denied": probe.Denied, "none": probe.Refused} {
		got, err := c.Ask(t.Context(), namespace, pod)
		if err != nil || got.Verdict != want || (namespace != "none" && len(got.Warnings) != 1) {
			t.Errorf("%s: got %+v, %v", namespace, got, err)
		}
	}
	if len(s.asked) != 3 || len(s.pods) != 3 {
		t.Fatalf("asked %v with %d pods", s.asked, len(s.pods))
	}
	for i, p := range s.pods {
		if !strings.HasPrefix(s.asked[i], "POST /api/v1/namespaces/") || !strings.Contains(s.asked[i], "dryRun=All") {
			t.Errorf("not on trial: %s", s.asked[i])
		}
		if p.Name != "" || p.GenerateName == "" || p.Namespace == "default" || p.Spec.AutomountServiceAccountToken == nil {
			t.Errorf("sent %+v", p)
		}
	}
	if pod.Name != "probe" || pod.Namespace != "default" {
		t.Error("the pod was changed")
	}
}

func TestAskWithoutAnswer(t *testing.T) {
	_, c := connect(t, map[string]func(http.ResponseWriter){"/api/v1/namespaces/odd/pods": answering(200, `<html>`)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Ask(ctx, "odd", &corev1.Pod{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if got, err := c.Ask(t.Context(), "odd", &corev1.Pod{}); err == nil {
		t.Errorf("what is no answer was taken for %+v", got)
	}
}

func TestVersion(t *testing.T) {
	for body, want := range map[string]string{
		`{"major": "1", "minor": "33+", "gitVersion": "v1.33.2-gke.100"}`: "1.33",
		`{"gitVersion": "v1.36.3"}`:                                       "1.36",
		`{}`:                                                              "",
	} {
		_, c := connect(t, map[string]func(http.ResponseWriter){"/version": answering(200, body)})
		if got, err := c.Version(t.Context()); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v", body, got, err)
		}
	}
}

func TestNamespaces(t *testing.T) {
	_, c := connect(t, map[string]func(http.ResponseWriter){
		"/api/v1/namespaces":   answering(200, `{"kind": "NamespaceList", "apiVersion": "v1", "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}`),
		"/api/v1/namespaces/a": answering(200, `{"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "a"}}`),
	})
	if all, err := c.Namespaces(t.Context(), nil); err != nil || len(all) != 2 {
		t.Errorf("got %v, %v", all, err)
	}
	some, err := c.Namespaces(t.Context(), []string{"x", "a", "y"})
	if len(some) != 1 || err == nil || !strings.Contains(err.Error(), "read namespace x: ") || !strings.Contains(err.Error(), "read namespace y: ") {
		t.Errorf("got %v, %v", some, err)
	}
}

func TestNoKubeconfig(t *testing.T) {
	_, err := probe.Connect(probe.Access{Files: []string{filepath.Join(t.TempDir(), "not-there")}})
	if err == nil || err.Error() != "read kubeconfig: there is none, and this does not run in a cluster" {
		t.Errorf("got %v", err)
	}
}
