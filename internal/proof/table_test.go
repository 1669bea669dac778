package proof_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// full makes TestTable try every pod in every namespace.
var full = flag.Bool("full", false, "every pod in every namespace and at every version, instead of a part")

// TestTable judges every pod in namespaces with no exception, with each alone
// and with pairs, by names and by labels. What refuses it must be what Pod
// Security Admission refuses and no exception allows, and both bindings must say
// the same in the same words.
//
// An exception opens one thing: each failing fixture of a control that it does
// not touch stays denied.
func TestTable(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	c := readCatalogue(t)
	table := table{catalogue: c, oracle: newOracle(t), opened: map[string]int{}, held: map[string]int{}}
	places, pods := c.places(), slices.Concat(fixtures(t), ownPods(t))
	labelled := byLabel(t, c, places)
	for some := range slices.Chunk(places, 40) {
		named := install(t, byName(c, some))
		inParallel(some, func(at place) {
			for _, pod := range pods {
				if *full || at.tries(pod) {
					table.try(t, named, labelled, at, pod)
				}
			}
		})
	}
	for _, name := range c.names() {
		if table.opened[name] == 0 || table.held[name] < 50 {
			t.Errorf("exception %s lets %d pods pass a control, and %d fixtures of other controls are denied", name, table.opened[name], table.held[name])
		}
	}
	t.Logf("%d verdicts by either binding; pods that each exception lets pass a control: %v", table.tried, table.opened)
}

// tries says whether a pod is judged in a place: all in those without
// exceptions, each fixture of a profile with each exception, and of the rest a
// part.
func (p place) tries(pod sample) bool {
	fixture := strings.HasPrefix(pod.name, string(p.profile))
	switch len(p.exceptions) {
	case 0:
		return true
	case 1:
		return fixture || oneIn(2, p.name+pod.name)
	default:
		return oneIn(100, p.name+pod.name)
	}
}

// table is what the cases are judged by, and what came of them.
type table struct {
	catalogue
	oracle       *pss.Oracle
	sync.Mutex   // guards what follows
	tried        int
	opened, held map[string]int // by exception: controls passed, fixtures of other controls denied
}

func (b *table) try(t *testing.T, named, labelled *world, at place, pod sample) {
	t.Helper()
	review := named.ask(t, at.name, admission.Request{Object: pod.object})
	byLabel := labelled.ask(t, at.name, admission.Request{Object: pod.object})
	if a, b := words(review), words(byLabel); a != b {
		t.Errorf("%s in %v: by name\n%s\nby label\n%s", pod.name, at, a, b)
	}
	want, got := b.expected(b.oracle, at, pod), named.refusing(review)
	if !slices.Equal(got, want) {
		t.Errorf("%s in %v: refused by %v, want %v: %s", pod.name, at, got, want, review.Message())
	}
	b.Lock()
	defer b.Unlock()
	b.tried++
	if len(at.exceptions) != 1 {
		return
	}
	name := at.exceptions[0]
	if len(want) < len(b.expected(b.oracle, place{profile: at.profile}, pod)) {
		b.opened[name]++
	}
	if b.ofOther(name, pod) && strings.HasPrefix(pod.name, string(at.profile)) {
		b.held[name]++
		if review.Allowed() {
			t.Errorf("%s is admitted in %v", pod.name, at)
		}
	}
}

// ofOther says whether a pod is a failing fixture of a control that the
// exception does not touch.
func (c catalogue) ofOther(exception string, pod sample) bool {
	return pod.control != "" && !slices.ContainsFunc(c.touched(exception), func(id policy.Control) bool {
		return strings.EqualFold(string(id), pod.control)
	})
}

// words gives all that a review says, policy by policy.
func words(r *admission.Review) string {
	var out []string
	for _, d := range r.Denials() {
		out = append(out, fmt.Sprintf("deny %s: %s", d.Policy, d.Message))
	}
	slices.Sort(out)
	return strings.Join(out, "\n") + "\n" + strings.Join(r.Warnings(), "\n")
}

// oneIn takes one of so many names, always the same.
func oneIn(many uint32, name string) bool {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()%many == 0
}

// inParallel does something for each of a list, two at a time.
func inParallel[T any](list []T, do func(T)) {
	var group sync.WaitGroup
	for half := range 2 {
		group.Go(func() {
			for i := half; i < len(list); i += 2 {
				do(list[i])
			}
		})
	}
	group.Wait()
}
