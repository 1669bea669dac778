package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/vapchart/vapchart/internal/admission"
)

// offered is a pod that is offered again and again.
type offered struct {
	name    string
	object  *unstructured.Unstructured
	refused bool // what the API server must answer, always: a policy refuses it
}

// offering offers pods without pause until stop is called, which gives what came
// of it: how often each was offered, and every answer that was not as it had to
// be, with the time since the start.
type offering struct {
	sync.Mutex
	pods    []offered
	started time.Time
	counts  map[string]int
	wrong   []string
	cancel  context.CancelFunc
	work    sync.WaitGroup
}

// offer begins to offer pods in a namespace, as dry-run creates.
func (w *world) offer(t *testing.T, namespace string, pods []offered) *offering {
	t.Helper()
	config := rest.CopyConfig(w.control.Config)
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	resource := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}).Namespace(namespace)
	ctx, cancel := context.WithCancel(t.Context())
	o := &offering{pods: pods, started: time.Now(), counts: map[string]int{}, cancel: cancel}
	const workers = 2
	for worker := range workers {
		o.work.Go(func() {
			for i := worker; ctx.Err() == nil; i += workers {
				pod := pods[i%len(pods)]
				_, err := resource.Create(ctx, pod.object.DeepCopy(), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
				if ctx.Err() == nil {
					o.answered(pod, answer{err: err})
				}
			}
		})
	}
	t.Cleanup(cancel)
	return o
}

func (o *offering) answered(pod offered, got answer) {
	o.Lock()
	defer o.Unlock()
	o.counts[pod.name]++
	switch {
	case pod.refused && got.denial() != "", !pod.refused && got.err == nil:
	default:
		o.wrong = append(o.wrong, fmt.Sprintf("after %s: %s: %v", time.Since(o.started).Round(10*time.Millisecond), pod.name, got.err))
	}
}

// again waits until every pod was offered so many times more.
func (o *offering) again(t *testing.T, times int) {
	t.Helper()
	o.Lock()
	before := maps.Clone(o.counts)
	o.Unlock()
	eventually(t, "every pod is offered again", func() error {
		o.Lock()
		defer o.Unlock()
		for _, pod := range o.pods {
			if n := o.counts[pod.name] - before[pod.name]; n < times {
				return fmt.Errorf("%s was offered %d times more, want %d", pod.name, n, times)
			}
		}
		return nil
	})
}

// stop ends the offering and gives what was wrong. It fails the test if a pod was
// offered too seldom for that to say anything.
func (o *offering) stop(t *testing.T, what string) []string {
	t.Helper()
	o.cancel()
	o.work.Wait()
	took, all, least := time.Since(o.started), 0, -1
	for _, n := range o.counts {
		all += n
		if least < 0 || n < least {
			least = n
		}
	}
	t.Logf("%s: %d pods offered %d times in %s, each at least %d times; %d wrong answers", what, len(o.counts), all, took.Round(time.Second), least, len(o.wrong))
	if least < 10 {
		t.Errorf("%s: a pod was offered %d times only", what, least)
	}
	return o.wrong
}

// never fails the test if anything was answered wrongly.
func (o *offering) never(t *testing.T, what string) {
	t.Helper()
	if wrong := o.stop(t, what); len(wrong) > 0 {
		t.Errorf("%s: %d wrong answers, the first:\n%s", what, len(wrong), strings.Join(wrong[:min(len(wrong), 10)], "\n"))
	}
}

// telling gives for each policy that denies in the namespace one probe that this
// policy alone refuses, as long as all the judges refuse it; and a few that none
// of them does.
func telling(t *testing.T, w *world, namespace string, judges ...*admission.Judge) []offered {
	t.Helper()
	var out []offered
	seen := map[string]bool{}
	passing := 0
	ns := w.namespace(t, namespace)
	for _, p := range probes(t) {
		object := p.object.DeepCopy()
		object.SetNamespace(namespace)
		var names []string
		refused, passes := true, true
		for i, judge := range judges {
			denials := w.ask(t, judge, admission.Request{Object: object, Namespace: namespace, NamespaceObject: ns}).Denials()
			refused, passes = refused && len(denials) > 0, passes && len(denials) == 0
			for _, d := range denials {
				if i == 0 {
					names = append(names, d.Policy)
				}
			}
		}
		tells := refused && len(names) == 1 && !seen[names[0]]
		if !tells && (!passes || passing == 4) || create(t, w.control.Config, object, namespace, true).invalid() {
			continue
		}
		if tells {
			seen[names[0]] = true
		} else {
			passing++
		}
		out = append(out, offered{name: p.name, object: object, refused: tells})
	}
	return out
}
