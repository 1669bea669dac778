// Package probe asks a live cluster whether it does what the values say. It is the
// verb `probe`.
//
// It takes a project, values and access to an API server, where it creates pods on
// trial: none is ever stored. It compares what is answered with what the policies offline
// say, and the installed objects with those that should be there. Result has every
// question with its answer, and its differences; Findings makes an error of them, marked
// term.Finding. An API server that cannot be asked is an error.
package probe

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
)

// Pod is a pod that is offered to the cluster.
type Pod struct {
	// Control is what the pod tries; empty for one that complies with all, and
	// for one that tries an exception.
	Control string `json:"control,omitempty"`
	// Exception and Key say which exception the pod tries, and by which of its
	// keys; Allowed that it holds just what is allowed, and no more.
	Exception string `json:"exception,omitempty"`
	Key       string `json:"key,omitempty"`
	Allowed   bool   `json:"allowed,omitempty"`
	Text      string `json:"text"` // completes "a pod …"

	Object *corev1.Pod `json:"-"` // not to be changed
}

// Said is what a policy says about a pod.
type Said struct {
	Policy  string `json:"policy"`
	Message string `json:"message"`
}

// Expected is what the values say about a pod: all of it, while a cluster tells
// only one denial. Nothing in it means that the pod is admitted in silence.
type Expected struct {
	Denials  []Said `json:"denials,omitempty"`
	Warnings []Said `json:"warnings,omitempty"`
}

// Cell is one pod in one namespace.
type Cell struct {
	Namespace string `json:"namespace"`
	Pod
	Expected Expected `json:"expected"`
	Got      Answer   `json:"got"`
	Outcome  Outcome  `json:"outcome"`
	// Difference says that the cluster does not do what the values say.
	Difference bool `json:"difference"`
}

// Survey is what is asked, of whom, and what it is held against. All functions
// may be called by several goroutines at once.
type Survey struct {
	Namespaces []corev1.Namespace
	// Pods gives what is offered in a namespace.
	Pods func(*corev1.Namespace) []Pod
	// Ask offers a pod in a namespace. An error means that there was no answer.
	Ask func(ctx context.Context, namespace string, pod *corev1.Pod) (Answer, error)
	// Expect says what should become of it.
	Expect func(ctx context.Context, namespace *corev1.Namespace, pod *corev1.Pod) (Expected, error)
	// Ours says whether a policy belongs to the release.
	Ours func(policy string) bool
	// Former says whether a policy is kept beside its successor for a while.
	Former func(policy string) bool
	// Controls gives the controls that a policy implements.
	Controls func(policy string) []string
	// Workers is how many pods are offered at once; at least 1.
	Workers int
}

// Run offers every pod once and gives a cell for each, the namespaces and the
// pods of each in their order. The first error ends it, as does the context.
func (s Survey) Run(ctx context.Context) ([]Cell, error) {
	type question struct {
		namespace *corev1.Namespace
		pod       Pod
	}
	var questions []question
	for i := range s.Namespaces {
		for _, pod := range s.Pods(&s.Namespaces[i]) {
			questions = append(questions, question{&s.Namespaces[i], pod})
		}
	}
	cells := make([]Cell, len(questions))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(s.Workers)
	for i, q := range questions {
		work.Go(func() (err error) {
			if err = ctx.Err(); err == nil {
				cells[i], err = s.try(ctx, q.namespace, q.pod)
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	return cells, nil
}

// try offers one pod. What reaches the policies is not always what was sent: a
// webhook may change it, and a cluster drops fields that it does not serve. So
// where a pod is admitted that should not be, what arrived is judged as well.
func (s Survey) try(ctx context.Context, namespace *corev1.Namespace, pod Pod) (Cell, error) {
	cell := Cell{Namespace: namespace.Name, Pod: pod}
	fail := func(err error) (Cell, error) {
		return Cell{}, fmt.Errorf("probe namespace %s with a pod %s: %w", namespace.Name, pod.Text, err)
	}
	var err error
	if cell.Expected, err = s.Expect(ctx, namespace, pod.Object); err != nil {
		return fail(err)
	}
	if cell.Got, err = s.Ask(ctx, namespace.Name, pod.Object); err != nil {
		return fail(err)
	}
	s.compare(&cell)
	if cell.Difference && cell.Got.Verdict == Admitted && cell.Got.stored != nil {
		arrived, err := s.Expect(ctx, namespace, cell.Got.stored)
		if err != nil {
			return fail(err)
		}
		again := cell
		again.Expected = arrived
		if s.compare(&again); !again.Difference {
			cell.Outcome, cell.Difference = Unknown, false
			cell.Got.Words = "the cluster changes the pod on its way, and what arrives may pass"
		}
	}
	return cell, nil
}
