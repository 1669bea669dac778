package e2e_test

import (
	"fmt"
	"os"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
)

// TestKubeSystem starts what a node needs, under the chart's own values and with
// everything restricted: it is admitted, and nobody is even warned. The pods of the
// agents are made by the controller, for a node that is there in name only.
func TestKubeSystem(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/node-agents.yaml")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := manifest.Split("node-agents.yaml", data)
	if err != nil || len(docs) != 3 {
		t.Fatalf("%d objects, %v", len(docs), err)
	}
	for _, binding := range []string{"name", "label"} {
		for _, profile := range []string{"privileged", "restricted"} {
			t.Run("by "+binding+", "+profile, func(t *testing.T) {
				t.Parallel()
				w := install(t, values{"namespaceBinding": binding, "defaults": values{"profile": profile}, "controllers": "deny"})
				w.node(t)
				other := create(t, w.control.Config, object(t, "bad", bad), "default", true)
				if refused := other.denial() != ""; refused != (profile == "restricted") {
					t.Errorf("a pod elsewhere: %v", other.err)
				}
				w.startAgents(t, docs)
			})
		}
	}
}

// startAgents creates the objects and waits for the pods of those that make any.
func (w *world) startAgents(t *testing.T, docs []manifest.Document) {
	t.Helper()
	const ns = metav1.NamespaceSystem
	for _, doc := range docs {
		agent, err := admission.Decode(doc)
		if err != nil {
			t.Fatal(err)
		}
		dry := agent.GetKind() == "Pod"
		got := create(t, w.control.Config, object(t, agent.GetName(), string(encoded(t, doc))), ns, dry)
		if got.err != nil || len(got.warnings) > 0 {
			t.Errorf("%s: %v, warnings %q", agent.GetName(), got.err, got.warnings)
		}
		agree(t, agent.GetName(), got, w.review(t, admission.Request{Object: agent.Unstructured, Namespace: ns}))
		if dry {
			continue
		}
		w.awaitAgent(t, agent.GetName())
		if err := w.AppsV1().DaemonSets(ns).Delete(t.Context(), agent.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// node makes a node that is there in name only, for the length of the test. The pods
// of the agents are gone before it goes.
func (w *world) node(t *testing.T) {
	t.Helper()
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}}
	if _, err := w.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		eventually(t, "no agent has a pod", func() error {
			pods, err := w.CoreV1().Pods(metav1.NamespaceSystem).List(background(), metav1.ListOptions{LabelSelector: "agent"})
			if err == nil && len(pods.Items) > 0 {
				err = fmt.Errorf("there are %d", len(pods.Items))
			}
			return err
		})
		if err := w.CoreV1().Nodes().Delete(background(), node.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func (w *world) awaitAgent(t *testing.T, name string) {
	t.Helper()
	eventually(t, name+" has a pod on the node", func() error {
		pods, err := w.CoreV1().Pods(metav1.NamespaceSystem).List(t.Context(), metav1.ListOptions{LabelSelector: "agent=" + name})
		if err == nil && len(pods.Items) != 1 {
			err = fmt.Errorf("it has %d", len(pods.Items))
		}
		return err
	})
}

func encoded(t *testing.T, doc manifest.Document) []byte {
	t.Helper()
	out, err := doc.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return out
}
