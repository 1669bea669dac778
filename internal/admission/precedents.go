package admission

import (
	"context"
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
}

// What is remembered at most. A chart comes to some hundred folded policies, each
// with a verdict on some hundred objects; what values of many clusters make of
// them must not fill the memory.
const (
	mostSettled  = 512
	mostVerdicts = 200_000
)

// settled is a folded policy with its bindings, and what it says of objects.
type settled struct {
	hook     hook
	bound    bool // it depends on the namespace in other ways
	never    bool // it refuses nothing
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
	return &Precedents{fold: newFolding(), settled: map[digest]*settled{}}
}

// Clerk answers who may create what by one set of objects. It looks for
// precedents, and has a judge where there are none.
type Clerk struct {
	all   *Precedents
	judge *Judge
	hooks []unfolded

	patterns patterns // of this clerk, since they are large
	guard    sync.Mutex
	at       map[string]func() []*settled // by namespace; nil for a hook that is not folded
}

// Clerk makes a clerk for loaded objects, as NewJudge does. They must have passed
// Check.
func (p *Precedents) Clerk(objs *Objects) (*Clerk, error) {
	judge, err := NewJudge(objs, Options{})
	if err != nil {
		return nil, err
	}
	c := &Clerk{all: p, judge: judge, at: map[string]func() []*settled{}}
	for _, h := range judge.hooks {
		c.hooks = append(c.hooks, p.fold.prepare(h, len(judge.kinds.custom) > 0))
	}
	return c, nil
}

// Denials gives what Review(…).Denials() of a judge gives of a request to create
// an object, but for the indexes of validations. Requests are the same if object
// and namespace are; all else of them is left empty.
func (c *Clerk) Denials(ctx context.Context, object *unstructured.Unstructured, namespace *corev1.Namespace) ([]Failure, error) {
	request := Request{Object: object, Operation: Create, Namespace: namespace.Name, NamespaceObject: namespace}
	completed, err := c.judge.complete(request)
	if err != nil {
		return nil, err
	}
	found := make([]verdict, len(c.hooks))
	keys := make([]asked, len(c.hooks))
	folded := c.settledIn(completed.Namespace)
	var missing []int
	for i, s := range folded {
		if s == nil || s.never {
			found[i].open = s == nil
			continue
		}
		if keys[i] = (asked{object: object}); s.bound {
			if keys[i].namespace, err = identify(namespace); err != nil {
				return nil, err
			}
		}
		if known, ok := s.verdicts.Load(keys[i]); ok {
			found[i] = known.(verdict) //nolint:errcheck // nothing else is stored
		} else {
			missing = append(missing, i)
		}
	}
	ask := func(which []int, hook func(int) hook) (*Review, error) {
		if len(which) == 0 {
			return &Review{}, nil
		}
		judge := *c.judge
		judge.hooks = nil
		for _, i := range which {
			judge.hooks = append(judge.hooks, hook(i))
		}
		return judge.Review(ctx, request)
	}
	review, err := ask(missing, func(i int) hook { return folded[i].hook })
	if err != nil {
		return nil, err
	}
	for _, i := range missing {
		found[i] = review.verdict(c.hooks[i].policy.Name)
		folded[i].verdicts.Store(keys[i], found[i])
	}
	c.all.forget(len(missing))
	var open []int
	for i, v := range found {
		if v.open {
			open = append(open, i)
		}
	}
	if review, err = ask(open, func(i int) hook { return c.hooks[i].hook }); err != nil {
		return nil, err
	}
	for _, i := range open {
		found[i] = verdict{denials: review.denialsOf(c.hooks[i].policy.Name)}
	}
	var out []Failure
	for _, v := range found {
		out = append(out, v.denials...)
	}
	return out, nil
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

// settledIn gives the policies as they are in a namespace, in the order of the
// hooks.
func (c *Clerk) settledIn(namespace string) []*settled {
	c.guard.Lock()
	made, ok := c.at[namespace]
	if !ok {
		made = sync.OnceValue(func() []*settled {
			out := make([]*settled, len(c.hooks))
			for i, h := range c.hooks {
				if h.foldable && namespace != "" {
					out[i] = c.all.settle(h, c.all.fold.in(namespace, h, &c.patterns))
				}
			}
			return out
		})
		c.at[namespace] = made
	}
	c.guard.Unlock()
	return made()
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
	if !f.never {
		s.hook = h.folded(f)
	}
	p.settled[f.key] = s
	return s
}

// forget counts verdicts and lets all go when there are too many.
func (p *Precedents) forget(more int) {
	p.guard.Lock()
	defer p.guard.Unlock()
	if p.verdicts += more; p.verdicts >= mostVerdicts {
		clear(p.settled)
		p.verdicts = 0
	}
}

// selects says whether objects are matched by the labels of their namespace.
func selects(m *admissionregistrationv1.MatchResources) bool {
	return m != nil && m.NamespaceSelector != nil &&
		len(m.NamespaceSelector.MatchLabels)+len(m.NamespaceSelector.MatchExpressions) > 0
}
