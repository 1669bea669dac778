package bump

import (
	"context"
	"fmt"
	"slices"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/values"
)

// stale finds exceptions and excluded rules and controls that have an effect now and none with the
// next version.
func (b *bumper) stale(ctx context.Context, scenes []*target) ([]Stale, error) {
	var out []Stale
	for _, sc := range scenes {
		if sc.pair.Same {
			continue
		}
		was, err := b.effects(ctx, b.now, sc, sc.was, sc.wholeWas, sc.pair.Before)
		if err != nil {
			return nil, fmt.Errorf("compare %s: %w", sc.name, err)
		}
		is, err := b.effects(ctx, b.next, sc, sc.is, sc.wholeIs, sc.pair.After)
		if err != nil {
			return nil, fmt.Errorf("compare %s: %w", sc.name, err)
		}
		for _, e := range is {
			i := slices.IndexFunc(was, func(w effect) bool { return w.key == e.key && b.sameName(w, e) })
			if e.any || i < 0 || !was[i].any {
				continue
			}
			told := Stale{Scenes: []string{sc.name}, Key: e.key, Exception: e.exception, Rule: e.rule, Control: e.control}
			told.File, told.Line = b.lineOf(sc, e)
			out = append(out, told)
		}
	}
	return JoinStale(out), nil
}

// effect is whether an exception, or a rule or control that is excluded, changes any
// answer under a key of the values' namespaces.
type effect struct {
	key, exception, rule, control string
	any                           bool
}

func (b *bumper) sameName(was, is effect) bool {
	name := was.rule
	if to, ok := newNames(b.chart)[name]; ok {
		name = to
	}
	return was.exception == is.exception && name == is.rule && was.control == is.control
}

// effects asks for each exception and each excluded rule or control of values that bind by name. Labels
// of namespaces are not known here, so what they bind is left out.
func (b *bumper) effects(ctx context.Context, s version, sc *target, given map[string]any, whole values.Values, objs *admission.Objects) ([]effect, error) {
	if whole.ByLabel() {
		return nil, nil
	}
	controls, err := chart.ReadControls(s.files)
	if err != nil {
		return nil, err
	}
	var out []effect
	bare := renderedLess{s: s, sc: sc, given: given, whole: whole}
	for _, key := range whole.Keys() {
		entry := whole.By(key)
		name, ok := values.NameFor(key, whole)
		if !ok {
			continue
		}
		for _, e := range entry.Exceptions {
			changes, err := bare.exceptionChanges(ctx, objs, e, name)
			if err != nil {
				return nil, err
			}
			out = append(out, effect{key: key, exception: e, any: changes})
		}
		for _, r := range entry.Exclude {
			e, rules := effect{key: key, rule: r}, []string{r}
			if of, ok := controls[policy.Control(r)]; ok {
				e, rules = effect{key: key, control: r}, of
			}
			if e.any, err = bare.rulesSay(ctx, rules, name); err != nil {
				return nil, err
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// renderedLess renders values without their exceptions, and without what they exclude,
// when that is first asked for.
type renderedLess struct {
	s                  version
	sc                 *target
	given              map[string]any
	whole              values.Values
	unexcepted, strict *admission.Objects
	pods               []sample.Sample
}

// exceptionChanges says whether an exception has any pod that it allows answered in
// another way.
func (r *renderedLess) exceptionChanges(ctx context.Context, objs *admission.Objects, name, namespace string) (bool, error) {
	if r.unexcepted == nil {
		var err error
		if r.unexcepted, err = cluster.Render(r.s.files, withoutExceptions(r.given), r.sc.kubernetes); err != nil {
			return false, err
		}
	}
	pods := sample.NewSampling(r.sc.kubernetes)
	for _, t := range sample.ExceptionPods(sample.Creatable()[0].Pod, r.whole.Allows()) {
		if t.Exception == name && t.Allowed {
			if err := pods.Add(t.Key, t.Text, "", t.Pod); err != nil {
				return false, err
			}
		}
	}
	p, err := compare.NewComparer(r.unexcepted, objs)
	if err != nil {
		return false, err
	}
	found, err := p.Compare(ctx, []compare.Place{{Name: namespace}}, pods.Out)
	return len(found.Changes) > 0, err
}

// rulesSay says whether one of the rules, were it not excluded, would say anything
// against any of the pods in a namespace.
func (r *renderedLess) rulesSay(ctx context.Context, rules []string, namespace string) (bool, error) {
	if r.strict == nil {
		given := copied(r.given)
		entries, _ := given["namespaces"].(map[string]any)
		for _, entry := range entries {
			if held, ok := entry.(map[string]any); ok {
				delete(held, "exclude")
			}
		}
		var err error
		if r.strict, err = cluster.Render(r.s.files, given, r.sc.kubernetes); err != nil {
			return false, err
		}
		if r.pods, err = sample.Witnesses(r.sc.kubernetes, r.whole); err != nil {
			return false, err
		}
	}
	of := func(p admission.Policy) bool { return slices.Contains(rules, convert.RuleOf(p.Name, p.Annotations)) }
	by, err := compare.Answerer(compare.Only(r.strict, of))
	if err != nil {
		return false, err
	}
	for _, pod := range r.pods {
		answer, err := by(ctx, pod.Object, admission.NewNamespace(namespace, nil))
		if err != nil {
			return false, err
		}
		if !answer.Silent() {
			return true, nil
		}
	}
	return false, nil
}

// lineOf gives where the values of a scene say a thing.
func (b *bumper) lineOf(sc *target, e effect) (string, int) {
	files := b.f.Values
	if sc.cluster != nil {
		files, _ = project.ClusterFiles(b.p, *sc.cluster) // read before, so that they are there
	}
	layers, err := chart.ReadLayers(files)
	if err != nil {
		return "", 0
	}
	list := "exceptions"
	if e.exception == "" {
		list = "exclude"
	}
	for _, l := range slices.Backward(layers) {
		entries, _ := l.Values["namespaces"].(map[string]any)
		entry, _ := entries[e.key].(map[string]any)
		if entry[list] != nil {
			return l.File, l.Line("namespaces", e.key, list)
		}
	}
	return "", 0
}
