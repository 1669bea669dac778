package admission

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Clerk answers who may create what by one set of objects. It looks for
// precedents, and has a judge where there are none.
type Clerk struct {
	all   *Precedents
	judge *Judge
	hooks []unfolded

	patterns patterns // of this clerk, since they are large
	guard    sync.Mutex
	at       map[string]func() []*settled // by namespace; nil for a hook that is not folded
	alike    map[string]*settled          // by hook and what its expressions come to
}

// Clerk makes a clerk for loaded objects, as NewJudge does. They must have passed
// Check.
func (p *Precedents) Clerk(objs *Objects) (*Clerk, error) {
	judge, err := NewJudge(objs, Options{})
	if err != nil {
		return nil, err
	}
	c := &Clerk{all: p, judge: judge, at: map[string]func() []*settled{}, alike: map[string]*settled{}}
	for _, h := range judge.hooks {
		c.hooks = append(c.hooks, p.fold.prepare(h, len(judge.kinds.custom) > 0))
	}
	return c, nil
}

// Denials gives what Review(…).Denials() of a judge gives of a request to create
// an object in a namespace, all else of which is left empty.
func (c *Clerk) Denials(ctx context.Context, object *unstructured.Unstructured, namespace *corev1.Namespace) ([]Failure, error) {
	return c.denials(ctx, object, namespace, true)
}

// Refusals gives the policies of these denials, in their order, each as often as
// it denies. For that nobody has to find the words, so it is the sooner done.
func (c *Clerk) Refusals(ctx context.Context, object *unstructured.Unstructured, namespace *corev1.Namespace) ([]string, error) {
	denials, err := c.denials(ctx, object, namespace, false)
	var out []string
	for _, d := range denials {
		out = append(out, d.Policy)
	}
	return out, err
}

func (c *Clerk) denials(ctx context.Context, object *unstructured.Unstructured, namespace *corev1.Namespace, aloud bool) ([]Failure, error) {
	request := Request{Object: object, Operation: Create, Namespace: namespace.Name, NamespaceObject: namespace}
	completed, err := c.judge.complete(request)
	if err != nil {
		return nil, err
	}
	found := make([]verdict, len(c.hooks))
	policies := slices.Clone(c.settledIn(completed.Namespace))
	for i, s := range policies {
		found[i].open = s == nil
	}
	if err := c.find(ctx, request, policies, found); err != nil {
		return nil, err
	}
	// What is refused is said aloud.
	for i, s := range policies {
		if policies[i] = nil; aloud && s != nil && s.aloud != nil && len(found[i].denials) > 0 {
			policies[i] = s.aloud
		}
	}
	if err := c.find(ctx, request, policies, found); err != nil {
		return nil, err
	}
	plain := map[int]hook{}
	for i, h := range c.hooks {
		if found[i].open {
			plain[i] = h.hook
		}
	}
	review, err := c.ask(ctx, request, plain)
	if err != nil {
		return nil, err
	}
	var out []Failure
	for i, v := range found {
		if v.open {
			v.denials = review.denialsOf(c.hooks[i].policy.Name)
		}
		out = append(out, v.denials...)
	}
	return out, nil
}

// find puts the verdicts of policies into found, those without a precedent after
// asking. Where there is no policy, found stays.
func (c *Clerk) find(ctx context.Context, request Request, policies []*settled, found []verdict) error {
	keys := make([]asked, len(policies))
	missing := map[int]hook{}
	identity := ""
	for i, s := range policies {
		if s == nil || s.never {
			continue
		}
		keys[i].object = request.Object
		if s.bound {
			if identity == "" {
				var err error
				if identity, err = identify(request.NamespaceObject); err != nil {
					return err
				}
			}
			keys[i].namespace = identity
		}
		if known, ok := c.all.known(s, keys[i]); ok {
			found[i] = known
		} else {
			missing[i] = s.hook
		}
	}
	review, err := c.ask(ctx, request, missing)
	if err != nil {
		return err
	}
	for i := range missing {
		found[i] = review.verdict(c.hooks[i].policy.Name)
		c.all.keep(policies[i], keys[i], found[i])
	}
	return nil
}

// ask has some of the policies, by their places, judged.
func (c *Clerk) ask(ctx context.Context, request Request, some map[int]hook) (*Review, error) {
	if len(some) == 0 {
		return &Review{}, nil
	}
	judge := *c.judge
	judge.hooks = nil
	for i := range c.hooks {
		if h, ok := some[i]; ok {
			judge.hooks = append(judge.hooks, h)
		}
	}
	return judge.Review(ctx, request)
}

// settledIn gives the policies as they are in a namespace, in the order of the
// hooks.
func (c *Clerk) settledIn(namespace string) []*settled {
	c.guard.Lock()
	made, ok := c.at[namespace]
	if !ok {
		made = sync.OnceValue(func() []*settled { return c.settleIn(namespace) })
		c.at[namespace] = made
	}
	c.guard.Unlock()
	return made()
}

// settleIn folds the policies for a namespace. Most expressions that ask for its
// name are constant. Where they come to the same as in a namespace before, so does
// the policy.
func (c *Clerk) settleIn(namespace string) []*settled {
	at := folder{namespace: namespace, patterns: &c.patterns}
	values := map[*expression]string{} // many policies share them
	valueOf := func(e *expression) string {
		text, ok := values[e]
		if !ok {
			if value, constant := at.value(e.root); constant && e.foldable {
				text = fmt.Sprintf("%T %q ", value, value)
			}
			values[e] = text
		}
		return text
	}
	out := make([]*settled, len(c.hooks))
	for i, h := range c.hooks {
		if !h.foldable || namespace == "" {
			continue
		}
		var key strings.Builder
		fmt.Fprintf(&key, "%d ", i)
		known := true
		for _, e := range h.named {
			text := valueOf(e)
			known = known && text != ""
			key.WriteString(text)
		}
		if !known {
			out[i] = c.all.settle(h, c.all.fold.in(namespace, h, &c.patterns))
			continue
		}
		c.guard.Lock()
		s := c.alike[key.String()]
		c.guard.Unlock()
		if s == nil {
			s = c.all.settle(h, c.all.fold.in(namespace, h, &c.patterns))
			c.guard.Lock()
			c.alike[key.String()] = s
			c.guard.Unlock()
		}
		out[i] = s
	}
	return out
}
