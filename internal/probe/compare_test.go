package probe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vapchart/vapchart/internal/probe"
)

// said makes what policies say of lines such as `policy message`.
func said(lines ...string) []probe.Said {
	var out []probe.Said
	for _, line := range lines {
		name, message, _ := strings.Cut(line, " ")
		out = append(out, probe.Said{Policy: name, Message: message})
	}
	return out
}

const (
	denial  = "pods \"vapchart-probe-x7k2p\" is forbidden: ValidatingAdmissionPolicy '%s' with binding '%[1]s' denied request: no"
	warning = "Validation failed for ValidatingAdmissionPolicy '%s' with binding '%[1]s': careful"
)

func TestOutcomes(t *testing.T) {
	deny := func(p string, warnings ...string) probe.Answer {
		return probe.Refusal(fmt.Sprintf(denial, p), warnings)
	}
	warn := func(policies ...string) probe.Answer {
		var texts []string
		for _, p := range policies {
			texts = append(texts, fmt.Sprintf(warning, p))
		}
		return probe.Admission(nil, texts)
	}
	psa := probe.Refusal(`pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)`, nil)
	quota := probe.Refusal(`pods "p" is forbidden: exceeded quota: pods, requested: pods=1`, nil)
	refused, warned := probe.Expected{Denials: said("pid no", "more no")}, probe.Expected{Warnings: said("pid-warn careful")}
	for _, c := range []struct {
		name       string
		expected   probe.Expected
		got        probe.Answer
		outcome    probe.Outcome
		difference bool
	}{
		{"refused by its own control", refused, deny("pid"), probe.Enforced, false},
		{"refused by another control first", refused, deny("more"), probe.Covered, false},
		{"refused by a policy that the values do not name", refused, deny("old"), probe.Other, true},
		{"refused by a former policy", refused, deny("former"), probe.Covered, false},
		{"refused by a former policy, not admitted", probe.Expected{}, deny("former"), probe.Closed, true},
		{"refused by somebody else's policy", refused, deny("foreign"), probe.Unknown, false},
		{"admitted in silence, not refused", refused, warn(), probe.Open, true},
		{"warned about, not refused", refused, warn("pid"), probe.Open, true},
		{"refused by Pod Security Admission too", refused, psa, probe.Hidden, false},
		{"refused by a quota instead", refused, quota, probe.Unknown, false},
		{"warned", warned, warn("pid-warn"), probe.Warned, false},
		{"warned by somebody else too", warned, warn("pid-warn", "foreign"), probe.Warned, false},
		{"not warned", warned, warn(), probe.Open, true},
		{"warned by somebody else only", warned, warn("foreign"), probe.Open, true},
		{"warned by another of the release", warned, warn("old"), probe.Other, true},
		{"warned by one more", warned, warn("pid-warn", "old"), probe.Closed, true},
		{"refused, not warned", warned, deny("pid"), probe.Closed, true},
		{"refused by Pod Security Admission, not warned", warned, psa, probe.Hidden, true},
		{"admitted", probe.Expected{}, warn(), probe.Allowed, false},
		{"warned, not admitted in silence", probe.Expected{}, warn("pid-warn"), probe.Closed, true},
		{"refused, not admitted", probe.Expected{}, deny("pid"), probe.Closed, true},
		{"refused by Pod Security Admission, not admitted", probe.Expected{}, psa, probe.Hidden, true},
		{"refused by a quota, not admitted", probe.Expected{}, quota, probe.Unknown, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cells := run(t, c.expected, c.got)
			if cells[0].Outcome != c.outcome || cells[0].Difference != c.difference {
				t.Errorf("got %s, difference %t; want %s, %t", cells[0].Outcome, cells[0].Difference, c.outcome, c.difference)
			}
		})
	}
}

// survey asks about one pod in one namespace.
func survey(expect func(*corev1.Pod) probe.Expected, ask func(context.Context) (probe.Answer, error)) probe.Survey {
	return probe.Survey{
		Namespaces: []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "a"}}},
		Pods: func(*corev1.Namespace) []probe.Pod {
			return []probe.Pod{{Control: "pids", Text: "with hostPID", Object: &corev1.Pod{}}}
		},
		Ask: func(ctx context.Context, _ string, _ *corev1.Pod) (probe.Answer, error) { return ask(ctx) },
		Expect: func(_ context.Context, _ *corev1.Namespace, pod *corev1.Pod) (probe.Expected, error) {
			return expect(pod), nil
		},
		Ours:     func(name string) bool { return name != "foreign" },
		Former:   func(name string) bool { return name == "former" },
		Controls: func(name string) []string { return map[string][]string{"pid": {"pids"}, "more": {"others"}}[name] },
		Workers:  4,
	}
}

func run(t *testing.T, expected probe.Expected, got probe.Answer) []probe.Cell {
	t.Helper()
	s := survey(func(*corev1.Pod) probe.Expected { return expected }, func(context.Context) (probe.Answer, error) { return got, nil })
	cells, err := s.Run(t.Context())
	if err != nil || len(cells) != 1 {
		t.Fatalf("%d cells, %v", len(cells), err)
	}
	return cells
}

// TestChangedOnTheWay: what the cluster made of the pod is judged as well, where
// the pod passed and should not have.
func TestChangedOnTheWay(t *testing.T) {
	expect := func(p *corev1.Pod) probe.Expected {
		if p.Spec.HostPID {
			return probe.Expected{}
		}
		return probe.Expected{Denials: said("pid no")}
	}
	for stored, want := range map[*corev1.Pod]probe.Outcome{
		{Spec: corev1.PodSpec{HostPID: true}}: probe.Unknown,
		{}:                                    probe.Open,
	} {
		cells, err := survey(expect, func(context.Context) (probe.Answer, error) { return probe.Admission(stored, nil), nil }).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c := cells[0]; c.Outcome != want || c.Difference != (want == probe.Open) || (c.Got.Words == "") != (want == probe.Open) {
			t.Errorf("hostPID %t: got %+v, want %s", stored.Spec.HostPID, c, want)
		}
	}
}

// TestRun wants every pod offered once in every namespace, the cells in order and
// no more than so many questions at once.
func TestRun(t *testing.T) {
	var now, most, asked atomic.Int32
	s := survey(func(*corev1.Pod) probe.Expected { return probe.Expected{} }, func(context.Context) (probe.Answer, error) {
		asked.Add(1)
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		time.Sleep(time.Millisecond) // so that they meet
		return probe.Admission(nil, nil), nil
	})
	for i := range 50 {
		s.Namespaces = append(s.Namespaces, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("n%02d", i)}})
	}
	cells, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sorted := slices.IsSortedFunc(cells, func(a, b probe.Cell) int { return strings.Compare(a.Namespace, b.Namespace) })
	if len(cells) != 51 || asked.Load() != 51 || !sorted || most.Load() > 4 {
		t.Errorf("%d cells, %d asked, %d at once, sorted: %t", len(cells), asked.Load(), most.Load(), sorted)
	}
}

func TestRunEnds(t *testing.T) {
	none := func(*corev1.Pod) probe.Expected { return probe.Expected{} }
	lost := errors.New("connection lost")
	_, err := survey(none, func(context.Context) (probe.Answer, error) { return probe.Answer{}, lost }).Run(t.Context())
	if !errors.Is(err, lost) || err.Error() != "probe namespace a with a pod with hostPID: connection lost" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	asked := false
	_, err = survey(none, func(context.Context) (probe.Answer, error) { asked = true; return probe.Answer{}, nil }).Run(ctx)
	if !errors.Is(err, context.Canceled) || asked {
		t.Errorf("got %v, asked: %t", err, asked)
	}
}
