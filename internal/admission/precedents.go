package admission

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// Precedents are denials that hold elsewhere too: in other namespaces, and by the
// objects of other clusters. For in one namespace a policy is a simpler one (see
// folded), and many policies come to the same there. It may be used by several
// goroutines at once. It keeps the objects that it was asked about, so these
// should be few and asked about often.
type Precedents struct {
	fold *folding

	guard    sync.Mutex
	settled  map[digest]*settled
	verdicts int
	// bound are the verdicts of policies that are bound. Few hold elsewhere.
	bound map[boundTo]verdict
}

// boundTo is what the verdict of a policy that is bound depends on.
type boundTo struct {
	policy *settled
	asked
}

// What is remembered at most. A chart comes to some hundred folded policies, each
// with a verdict on some hundred objects; what values of many clusters make of
// them must not fill the memory.
const (
	mostSettled  = 512
	mostVerdicts = 200_000
	mostBound    = 10_000
)

// settled is a folded policy with its bindings, and what it says of objects.
type settled struct {
	hook     hook
	bound    bool     // it depends on the namespace in other ways
	never    bool     // it refuses nothing
	aloud    *settled // with the right words, where these are not; nil if they are
	verdicts sync.Map
}

// asked is what a verdict depends on besides the policy.
type asked struct {
	object    *unstructured.Unstructured
	namespace string // JSON, where the policy is bound
}

// verdict is what a folded policy says. Open is one that the policy as it is has
// to give, since its words may be others.
type verdict struct {
	denials []Failure
	open    bool
}

// NewPrecedents makes an empty set.
func NewPrecedents() *Precedents {
	return &Precedents{fold: newFolding(), settled: map[digest]*settled{}, bound: map[boundTo]verdict{}}
}

// verdict gives what a folded policy said. What comes near to a limit of CEL may
// be beyond it when it is not folded.
func (r *Review) verdict(policy string) verdict {
	const near = celconfig.PerCallLimit / 2
	for _, e := range r.Evaluations {
		broken := func(f Failure) bool { return f.Broken }
		if e.Policy == policy && (e.Outcome == Errored || e.Cost > near || slices.ContainsFunc(e.Failures, broken)) {
			return verdict{open: true}
		}
	}
	return verdict{denials: r.denialsOf(policy)}
}

func (r *Review) denialsOf(policy string) []Failure {
	return slices.DeleteFunc(r.Denials(), func(f Failure) bool { return f.Policy != policy })
}

// identify gives all that a policy can see of a namespace.
func identify(namespace *corev1.Namespace) (string, error) {
	data, err := json.Marshal(namespace)
	if err != nil {
		return "", fmt.Errorf("read namespace %s: %w", namespace.Name, err)
	}
	return string(data), nil
}

// settle gives the one settled policy of a folded one.
func (p *Precedents) settle(h unfolded, f folded) *settled {
	p.guard.Lock()
	defer p.guard.Unlock()
	if s := p.settled[f.key]; s != nil {
		return s
	}
	if len(p.settled) >= mostSettled {
		clear(p.settled)
	}
	s := &settled{bound: f.bound, never: f.never}
	switch {
	case f.quiet:
		s.hook, s.bound = h.folded(f.silenced()), false
		s.aloud = &settled{hook: h.folded(f), bound: true}
	case !f.never:
		s.hook = h.folded(f)
	}
	p.settled[f.key] = s
	return s
}

// known gives the verdict of a policy if there is a precedent.
func (p *Precedents) known(s *settled, by asked) (verdict, bool) {
	if s.bound {
		p.guard.Lock()
		defer p.guard.Unlock()
		v, ok := p.bound[boundTo{s, by}]
		return v, ok
	}
	v, ok := s.verdicts.Load(by)
	if !ok {
		return verdict{}, false
	}
	return v.(verdict), true //nolint:errcheck,forcetypeassert // nothing else is stored
}

// keep makes a verdict a precedent, and lets all go when there are too many.
func (p *Precedents) keep(s *settled, by asked, v verdict) {
	p.guard.Lock()
	defer p.guard.Unlock()
	if s.bound {
		if len(p.bound) >= mostBound {
			clear(p.bound)
		}
		p.bound[boundTo{s, by}] = v
		return
	}
	s.verdicts.Store(by, v)
	if p.verdicts++; p.verdicts >= mostVerdicts {
		clear(p.settled)
		clear(p.bound)
		p.verdicts = 0
	}
}

// selects says whether objects are matched by the labels of their namespace.
func selects(m *admissionregistrationv1.MatchResources) bool {
	return m != nil && m.NamespaceSelector != nil &&
		len(m.NamespaceSelector.MatchLabels)+len(m.NamespaceSelector.MatchExpressions) > 0
}
